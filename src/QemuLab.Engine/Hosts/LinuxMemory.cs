using System.Globalization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Hosts;

/// <summary>How much memory there is and how much is free.</summary>
internal readonly record struct MemoryFacts(ByteSize Total, ByteSize Available)
{
    /// <summary>What is left of it under a limit: a container's, or a systemd slice's.</summary>
    public MemoryFacts Under(ByteSize limit, ByteSize used) => new(
        Total < limit ? Total : limit,
        new ByteSize(Math.Clamp(limit.Bytes - used.Bytes, 0, Available.Bytes)));
}

/// <summary>Reads /proc/meminfo and the limits of the cgroups (version 2) that we are in.</summary>
internal static class LinuxMemory
{
    public static MemoryFacts Read(string root = "/")
    {
        string Path(string path) => System.IO.Path.Combine(root, path);
        MemoryFacts facts = ParseMeminfo(File.ReadAllText(Path("proc/meminfo")));
        foreach (string folder in CgroupFolders(root))
        {
            if (Number(TextOf(System.IO.Path.Combine(folder, "memory.max"))) is { } limit
                && Number(TextOf(System.IO.Path.Combine(folder, "memory.current"))) is { } used)
            {
                facts = facts.Under(new ByteSize(limit), new ByteSize(Math.Max(0, used - Reclaimable(TextOf(System.IO.Path.Combine(folder, "memory.stat"))))));
            }
        }

        return facts;
    }

    /// <summary>The folders of the cgroups that we are in, the nearest first.</summary>
    internal static IEnumerable<string> CgroupFolders(string root)
    {
        for (string? group = ParseCgroup(TextOf(System.IO.Path.Combine(root, "proc/self/cgroup"))); group is { Length: > 0 }; group = System.IO.Path.GetDirectoryName(group))
        {
            yield return System.IO.Path.Combine(root, "sys/fs/cgroup", group.TrimStart('/'));
        }
    }

    /// <summary>What a cgroup holds of files only, which the kernel gives back when it is asked for memory; MemAvailable has it too.</summary>
    private static long Reclaimable(string stat) => stat.Split('\n')
        .Select(line => line.Split(' '))
        .Where(words => words is ["active_file" or "inactive_file" or "slab_reclaimable", _])
        .Sum(words => Number(words[1]) ?? 0);

    internal static MemoryFacts ParseMeminfo(string text)
    {
        ByteSize Of(string name)
        {
            string? line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal));
            string digits = line is null ? "0" : line[(name.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim();
            return new ByteSize(long.Parse(digits, CultureInfo.InvariantCulture) * ByteSize.KiB);
        }

        return new MemoryFacts(Of("MemTotal"), Of("MemAvailable"));
    }

    /// <summary>Our cgroup of version 2, such as <c>/user.slice/user-1000.slice</c>; null where there is none.</summary>
    internal static string? ParseCgroup(string text) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal))?[3..];

    /// <summary>Null for <c>max</c>.</summary>
    private static long? Number(string text) =>
        long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    internal static string TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
