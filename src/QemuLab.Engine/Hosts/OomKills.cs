using System.Globalization;

namespace QemuLab.Engine.Hosts;

/// <summary>How often the kernel has killed for lack of memory where a process lives: in its control group, else on the whole host.</summary>
internal sealed class OomKills
{
    private readonly string? file;
    private readonly long count;

    private OomKills(string? file) => (this.file, count) = (file, CountIn(file) ?? 0);

    /// <summary>The count as it is now, for a process that runs.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="root">Where proc and sys are; only tests say otherwise.</param>
    public static OomKills Of(int processId, string root = "/") =>
        new(Files(processId, root).FirstOrDefault(candidate => CountIn(candidate) is not null));

    /// <summary>Whether it has killed since: then a process that went by SIGKILL was most likely its victim.</summary>
    public bool HaveRisen() => CountIn(file) > count;

    private static IEnumerable<string> Files(int processId, string root)
    {
        string? group = Lines(Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"proc/{processId}/cgroup"))).FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal));
        if (group is not null)
        {
            yield return Path.Combine(root, "sys/fs/cgroup", group["0::/".Length..], "memory.events");
        }

        yield return Path.Combine(root, "proc/vmstat");
    }

    private static long? CountIn(string? file) => Lines(file)
        .Where(line => line.StartsWith("oom_kill ", StringComparison.Ordinal))
        .Select(line => (long?)long.Parse(line["oom_kill ".Length..], CultureInfo.InvariantCulture))
        .FirstOrDefault();

    private static string[] Lines(string? file)
    {
        try
        {
            return file is null ? [] : File.ReadAllLines(file);
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
