using System.Globalization;

namespace QemuLab.Engine.Hosts;

/// <summary>What the system lets its processes have, as far as it limits it.</summary>
/// <param name="OpenFiles">Files and sockets that one process may have open.</param>
/// <param name="OpenNow">Those that this one has.</param>
/// <param name="ThreadsFree">Processes and threads that may still be started.</param>
public sealed record ProcessLimits(int OpenFiles, int OpenNow, int ThreadsFree);

/// <summary>Reads the limits of our processes: the resource limits, the kernel's own, and those of the cgroups (version 2) that we are in.</summary>
internal static class LinuxLimits
{
    /// <summary>With so much room it does not matter whose threads the others are, and counting takes its time.</summary>
    private const int Plenty = 8192;

    public static ProcessLimits Read(string root = "/")
    {
        string Text(string path) => LinuxMemory.TextOf(Path.Combine(root, path));
        string limits = Text("proc/self/limits");
        int total = ParseThreads(Text("proc/loadavg"));
        int free = Math.Min(Number(Text("proc/sys/kernel/threads-max")), Number(Text("proc/sys/kernel/pid_max"))) - total;
        if (!Environment.IsPrivilegedProcess)
        {
            int ofUser = ParseLimit(limits, "Max processes");
            free = Math.Min(free, ofUser - total > Plenty ? ofUser - total : ofUser - ThreadsOfUser(root));
        }

        foreach (string folder in LinuxMemory.CgroupFolders(root))
        {
            free = Math.Min(free, Number(LinuxMemory.TextOf(Path.Combine(folder, "pids.max"))) - ParseCount(LinuxMemory.TextOf(Path.Combine(folder, "pids.current"))));
        }

        return new ProcessLimits(ParseLimit(limits, "Max open files"), OpenFiles(root), Math.Max(0, free));
    }

    /// <summary>The soft limit of a line of /proc/self/limits.</summary>
    internal static int ParseLimit(string text, string name)
    {
        string? line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return Number(line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "");
    }

    /// <summary>All of the system's, from /proc/loadavg: <c>0.20 0.18 0.12 1/345 11206</c>.</summary>
    internal static int ParseThreads(string text) =>
        text.Split(' ') is [_, _, _, var threads, ..] && threads.Split('/') is [_, var total] ? ParseCount(total) : 0;

    /// <summary>Without a number there is no limit.</summary>
    private static int Number(string text) =>
        long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? (int)Math.Min(number, int.MaxValue) : int.MaxValue;

    private static int ParseCount(string text) => int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 0;

    private static int OpenFiles(string root)
    {
        string folder = Path.Combine(root, "proc/self/fd");
        return Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder).Count() : 0;
    }

    private static int ThreadsOfUser(string root)
    {
        string Field(string status, string name) => status.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";
        string user = Field(LinuxMemory.TextOf(Path.Combine(root, "proc/self/status")), "Uid:");
        return Directory.EnumerateDirectories(Path.Combine(root, "proc"))
            .Where(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(folder => LinuxMemory.TextOf(Path.Combine(folder, "status")))
            .Where(status => Field(status, "Uid:") == user)
            .Sum(status => ParseCount(Field(status, "Threads:")));
    }
}
