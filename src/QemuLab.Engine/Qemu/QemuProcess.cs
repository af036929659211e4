using System.Diagnostics;
using System.Globalization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

/// <summary>A machine's QEMU process, by pid and start time, so that a pid that the kernel has given to another program is never taken for it.</summary>
internal sealed record QemuProcess(ProcessIdentity Identity)
{
    public int Id => Identity.ProcessId;

    public DateTimeOffset StartedAt => Identity.StartedAt;

    public bool IsAlive => Identity.IsAlive;

    /// <summary>The process that the machine's pid file names, if it runs and was started with the machine's UUID.</summary>
    public static QemuProcess? Find(MachinePlan plan)
    {
        if (!File.Exists(plan.Directory.PidFile)
            || !int.TryParse(File.ReadAllText(plan.Directory.PidFile).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            || ProcessIdentity.Of(id) is not { } identity)
        {
            return null;
        }

        return CommandLineHas(id, plan.Uuid.ToString()) ? new QemuProcess(identity) : null;
    }

    /// <summary>SIGKILL, unless the pid means another process by now.</summary>
    public void Kill()
    {
        if (!IsAlive)
        {
            return;
        }

        try
        {
            using var process = Process.GetProcessById(Id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It went by itself between the two lines.
        }
    }

    /// <summary>True where the system does not tell command lines (macOS): the UUID is then asked for over QMP alone.</summary>
    private static bool CommandLineHas(int id, string word)
    {
        try
        {
            string file = $"/proc/{id}/cmdline";
            return !Directory.Exists("/proc/self") || File.ReadAllText(file).Split('\0').Contains(word);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
