using System.Diagnostics;
using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Consoles;

/// <summary>The one place at a machine's console from which can be written, held by a lock that goes with its process.</summary>
public sealed class ConsoleSeat : IDisposable
{
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly string path;
    private readonly FileStream held;

    private ConsoleSeat(string path, FileStream held, bool isForMoment)
    {
        this.path = path;
        this.held = held;
        if (isForMoment)
        {
            File.Delete(HolderFile(path));
        }
        else
        {
            File.WriteAllText(HolderFile(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Null where somebody else has it.</summary>
    /// <param name="path">The console's socket; the lock is beside it.</param>
    /// <param name="isForMoment">It is left again at once, and nobody need be asked to: so it is not told who has it.</param>
    public static ConsoleSeat? TryTake(string path, bool isForMoment = false)
    {
        const int wouldBlockOnLinux = 11, wouldBlockOnMacOS = 35;
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB).
            return new ConsoleSeat(path, new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), isForMoment);
        }
        catch (IOException taken) when (taken.HResult is wouldBlockOnLinux or wouldBlockOnMacOS)
        {
            return null;
        }
    }

    /// <summary>The process that has it; null where it does not say so.</summary>
    public static int? Holder(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(HolderFile(path)), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Asks whoever has it to leave, and takes it.</summary>
    /// <exception cref="QemuLabException">It does not leave.</exception>
    public static ConsoleSeat TakeOver(string path)
    {
        int? holder = null;
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < HandOver)
        {
            if (TryTake(path) is { } seat)
            {
                return seat;
            }

            if (holder is null && Holder(path) is { } pid && IsOurs(pid))
            {
                holder = pid;

                // Who leaves sees by this whom for.
                File.WriteAllText(HolderFile(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
                _ = NativeProcess.Kill(pid, NativeProcess.SigTerm);
            }

            Thread.Sleep(Pause);
        }

        throw new QemuLabException(ErrorKind.Conflict, "console-taken", $"the console is not given up by {(holder is null ? "whoever has it" : $"pid {holder}")}", "look on with --view, or end that process");
    }

    /// <summary>Who has asked for it; null where nobody has.</summary>
    public int? Successor => Holder(path) is { } pid && pid != Environment.ProcessId ? pid : null;

    public void Dispose()
    {
        if (Successor is null)
        {
            File.Delete(HolderFile(path));
        }

        held.Dispose();
    }

    /// <summary>Not in the locked file: nobody could read it there.</summary>
    private static string HolderFile(string path) => path + ".pid";

    /// <summary>The number may be another process's by now.</summary>
    private static bool IsOurs(int pid)
    {
        try
        {
            using Process process = Process.GetProcessById(pid), self = Process.GetCurrentProcess();
            return process.ProcessName == self.ProcessName;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
