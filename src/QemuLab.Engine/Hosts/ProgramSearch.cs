namespace QemuLab.Engine.Hosts;

/// <summary>Finds programs as a shell would, and in the few places that PATH usually leaves out.</summary>
/// <param name="path">The value of PATH.</param>
internal sealed class ProgramSearch(string? path)
{
    /// <summary>The administrator's tools, which a user's PATH lacks on Debian; Homebrew's, which a launchd job's PATH lacks.</summary>
    private static readonly string[] FurtherFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin", "/usr/local/bin"];

    private readonly string[] folders =
        [.. (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathRooted).Concat(FurtherFolders).Distinct()];

    /// <summary>The absolute path of the first of the names that is there, or null.</summary>
    public string? Find(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            foreach (string candidate in Path.IsPathRooted(name) ? [name] : folders.Select(folder => Path.Combine(folder, name)))
            {
                if (IsExecutable(candidate))
                {
                    return candidate;
                }
            }
        }

        return null;
    }

    private static bool IsExecutable(string path)
    {
        const UnixFileMode anyone = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        try
        {
            // The mode of a link is of no interest: it follows to the file.
            return File.Exists(path) && (File.GetUnixFileMode(path) & anyone) != 0;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
