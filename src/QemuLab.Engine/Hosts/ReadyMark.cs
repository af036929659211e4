using System.Globalization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// Remembers that a guest has become ready, for as long as its QEMU lives: the next daemon shows it so at once, and looks
/// again. It is a file beside the machine's sockets, and means nothing to another process or after a reboot of the host.
/// </summary>
internal static class ReadyMark
{
    /// <summary>Where it cannot be written nothing is lost but the memory.</summary>
    /// <param name="directory">The machine's.</param>
    /// <param name="processId">Its QEMU.</param>
    /// <param name="after">How long it took.</param>
    public static void Write(MachineDirectory directory, int processId, TimeSpan after)
    {
        try
        {
            if (ProcessIdentity.Of(processId) is { } process && Directory.Exists(directory.RunPath))
            {
                AtomicFile.Write(directory.ReadyMark, System.Text.Encoding.ASCII.GetBytes($"{process.Started}\n{after.Ticks.ToString(CultureInfo.InvariantCulture)}\n"), durable: false);
            }
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>How long this process's guest took to become ready; null where it has not.</summary>
    public static TimeSpan? Read(MachineDirectory directory, int processId)
    {
        try
        {
            return File.ReadAllLines(directory.ReadyMark) is [var started, var ticks]
                && ProcessIdentity.Of(processId)?.Started == started
                && long.TryParse(ticks, CultureInfo.InvariantCulture, out long after) ? TimeSpan.FromTicks(after) : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static void Remove(MachineDirectory directory)
    {
        try
        {
            File.Delete(directory.ReadyMark);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
        }
    }
}
