using System.Globalization;

namespace QemuLab.Engine.Hosts;

/// <summary>How often the kernel has killed for lack of memory where a process lives: in its control group, else on the whole host.</summary>
internal sealed class OomKills
{
    private readonly string? file;
    private readonly long count;

    private OomKills(string? file, long count) => (this.file, this.count) = (file, count);

    /// <summary>The count as it is now, for a process that runs.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="root">Where proc and sys are; only tests say otherwise.</param>
    public static OomKills Of(int processId, string root = "/")
    {
        foreach (string file in Files(processId, root))
        {
            if (CountIn(file) is { } count)
            {
                return new OomKills(file, count);
            }
        }

        return new OomKills(null, 0);
    }

    /// <summary>Whether it has killed since: then a process that went by SIGKILL was most likely its victim.</summary>
    public bool HaveRisen() => CountIn(file) > count;

    private static IEnumerable<string> Files(int processId, string root)
    {
        if (ValueOf("0::/", Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"proc/{processId}/cgroup"))) is { } group)
        {
            yield return Path.Combine(root, "sys/fs/cgroup", group, "memory.events");
        }

        yield return Path.Combine(root, "proc/vmstat");
    }

    private static long? CountIn(string? file) => ValueOf("oom_kill ", file) is { } count ? long.Parse(count, CultureInfo.InvariantCulture) : null;

    /// <summary>What follows the word in the first line that begins with it; null where there is none, or no file that can be read. Each start asks: so no line is made a string of its own.</summary>
    private static string? ValueOf(string word, string? file)
    {
        try
        {
            ReadOnlySpan<char> rest = file is null ? default : File.ReadAllText(file);
            foreach (Range line in rest.Split('\n'))
            {
                if (rest[line].StartsWith(word, StringComparison.Ordinal))
                {
                    return rest[line][word.Length..].ToString();
                }
            }

            return null;
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
