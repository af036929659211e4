using System.Diagnostics;
using System.Globalization;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// One process and no other: a pid together with the moment that the process was started at, because pids are used again.
/// Can be stored; it stays wrong after a restart of the host.
/// </summary>
/// <param name="ProcessId">The pid.</param>
/// <param name="Started">Opaque; equal only for the same process.</param>
public sealed record ProcessIdentity(int ProcessId, string Started)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    public bool IsAlive => Of(ProcessId) == this;

    /// <summary>It does nothing until it gets SIGCONT, or a debugger lets it go.</summary>
    public bool IsStopped => IsAlive && ReadProc("stat") is { } stat && stat[(stat.LastIndexOf(')') + 1)..].TrimStart() is ['T' or 't', ..];

    /// <summary>The process that has this pid now; null where none has. One that has ended and waits for its parent counts as gone.</summary>
    public static ProcessIdentity? Of(int processId)
    {
        string? started = OperatingSystem.IsLinux() ? StartOnLinux(processId) : StartElsewhere(processId);
        return started is null ? null : new ProcessIdentity(processId, started);
    }

    /// <summary>The process that a pid file names, if it runs; null also where there is no such file.</summary>
    public static ProcessIdentity? FromPidFile(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path).AsSpan().Trim(), CultureInfo.InvariantCulture, out int pid) && pid > 1 ? Of(pid) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The arguments, joined with spaces; empty where the process is gone or hides them.</summary>
    public async Task<string> CommandLineAsync(ICommandRunner runner, CancellationToken cancellation = default)
    {
        string text;
        if (OperatingSystem.IsLinux())
        {
            text = ReadProc("cmdline")?.Replace('\0', ' ') ?? "";
        }
        else
        {
            text = (await runner.RunAsync(new Command("ps", "-o", "command=", "-p", ProcessId.ToString(CultureInfo.InvariantCulture)), cancellation)).Output;
        }

        return IsAlive ? text.Trim() : "";
    }

    /// <summary>SIGTERM; false where the process is gone already.</summary>
    public bool Terminate() => IsAlive && NativeProcess.Kill(ProcessId, NativeProcess.SigTerm) == 0;

    /// <summary>SIGKILL; false where the process is gone already.</summary>
    public bool Kill() => IsAlive && NativeProcess.Kill(ProcessId, NativeProcess.SigKill) == 0;

    /// <summary>Waits until the process is gone; false where it still runs after the time limit. It need not be our child.</summary>
    public async Task<bool> WaitForExitAsync(TimeSpan timeLimit, CancellationToken cancellation = default)
    {
        long start = Stopwatch.GetTimestamp();
        while (IsAlive)
        {
            if (Stopwatch.GetElapsedTime(start) > timeLimit)
            {
                return false;
            }

            await Task.Delay(PollInterval, cancellation);
        }

        return true;
    }

    /// <summary>SIGTERM, and SIGKILL where that does not do within the grace period.</summary>
    public async Task EndAsync(TimeSpan gracePeriod, CancellationToken cancellation = default)
    {
        if (Terminate() && !await WaitForExitAsync(gracePeriod, cancellation))
        {
            Kill();
            await WaitForExitAsync(gracePeriod, cancellation);
        }
    }

    private static string? StartOnLinux(int processId)
    {
        string? stat = ReadProc(processId, "stat");
        string[] fields = stat?[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

        // After the name, which may hold anything, the first field is the state (number 3) and the start time is number 22.
        return fields.Length < 20 || fields[0] is "Z" or "X" ? null : $"{BootId}/{fields[22 - 3]}";
    }

    private static readonly string BootId =
        File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "";

    private static string? StartElsewhere(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            return process.HasExited ? null : process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private string? ReadProc(string file) => ReadProc(ProcessId, file);

    private static string? ReadProc(int processId, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
