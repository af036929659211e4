using System.Globalization;

namespace QemuLab.Engine.Hosts;

/// <summary>All processes of the host that we may look at.</summary>
internal static class ProcessList
{
    /// <summary>Their command lines, with a NUL after each argument. Linux only: elsewhere there are none.</summary>
    public static IReadOnlyList<string> CommandLines() =>
        OperatingSystem.IsLinux() ? [.. Directory.EnumerateDirectories("/proc").Select(CommandLine).Where(line => line.Length > 0)] : [];

    private static string CommandLine(string process)
    {
        try
        {
            return int.TryParse(Path.GetFileName(process.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out _) ? File.ReadAllText(Path.Combine(process, "cmdline")) : "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
