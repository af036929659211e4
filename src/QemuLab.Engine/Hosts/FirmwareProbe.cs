using System.Runtime.InteropServices;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Hosts;

/// <summary>Reads QEMU's firmware descriptors and looks which of the firmware files are there.</summary>
/// <param name="environment">For XDG_CONFIG_HOME and HOME.</param>
/// <param name="root">Where the system's own folders start; another folder in tests.</param>
internal sealed class FirmwareProbe(Func<string, string?> environment, string root = "/")
{
    public FirmwareChoice Find(Architecture architecture, QemuFacts qemu)
    {
        string share = ShareOf(qemu.SystemPath);
        string[] folders = [.. Folders(share).Distinct()];
        FirmwareChoice choice = new Firmware(architecture, qemu.Version, File.Exists)
            .Choose(ReadAll(folders), FirmwareTable.For(architecture, share).Select(Rooted));
        return choice with { Tried = [.. folders.Select(folder => $"{folder}/*.json"), .. choice.Tried] };
    }

    /// <summary>From the strongest to the weakest: a user's file hides the administrator's of the same name, and that the distribution's.</summary>
    private IEnumerable<string> Folders(string share)
    {
        string? config = environment("XDG_CONFIG_HOME") is { Length: > 0 } given ? given
            : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config")
            : null;
        if (config is not null)
        {
            yield return Path.Combine(config, "qemu", "firmware");
        }

        yield return Path.Combine(root, "etc/qemu/firmware");
        yield return Path.Combine(root, "usr/share/qemu/firmware");
        yield return Path.Combine(share, "firmware");
    }

    /// <summary>The data folder of the QEMU that is used: <c>PREFIX/share/qemu</c>. Homebrew links PREFIX/bin, and its share folder as well.</summary>
    private static string ShareOf(string program) =>
        Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(program)) ?? "/", "share", "qemu");

    private static IEnumerable<FirmwareDescriptor> ReadAll(IEnumerable<string> folders) => folders
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.json"))
        .DistinctBy(Path.GetFileName)
        .OrderBy(Path.GetFileName, StringComparer.Ordinal)
        .Select(Read)
        .OfType<FirmwareDescriptor>();

    private static FirmwareDescriptor? Read(string path)
    {
        try
        {
            return FirmwareDescriptor.Parse(path, File.ReadAllText(path));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private FirmwarePair Rooted(FirmwarePair pair) =>
        pair with { Code = Rooted(pair.Code), Vars = Rooted(pair.Vars) };

    private string Rooted(string path) => path.StartsWith("/usr/share/", StringComparison.Ordinal) ? Path.Combine(root, path[1..]) : path;
}
