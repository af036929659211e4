using System.Text.RegularExpressions;

namespace QemuLab.Engine.Hosts;

/// <summary>Which QEMU will do.</summary>
public static partial class QemuRequirement
{
    /// <summary>7.2 brought <c>-netdev dgram</c>, by which the machines of a rootless network are joined.</summary>
    public static readonly Version MinimumVersion = new(7, 2);

    public static string ProgramFor(System.Runtime.InteropServices.Architecture architecture) =>
        architecture == System.Runtime.InteropServices.Architecture.Arm64 ? "qemu-system-aarch64" : "qemu-system-x86_64";

    /// <summary>Reads the first line of <c>--version</c>, such as <c>QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)</c>.</summary>
    public static Version? ParseVersion(string output) =>
        VersionLine().Match(output) is { Success: true } match && Version.TryParse(match.Groups[1].Value, out Version? version) ? version : null;

    /// <summary>Call it before anything is launched.</summary>
    /// <exception cref="QemuLabException">There is none, or it is too old.</exception>
    public static QemuFacts QemuOrThrow(this HostFacts facts) => facts.Qemu switch
    {
        null => throw new QemuLabException(
            ErrorKind.Failed, "qemu-missing", $"QEMU is not installed ({ProgramFor(facts.Architecture)} and qemu-img are needed)", "run: qemulab doctor"),
        { Version: { } version } when version < MinimumVersion => throw new QemuLabException(
            ErrorKind.Failed, "qemu-too-old", TooOld(version), "take the QEMU of a newer release of the distribution, or of its backports"),
        { } qemu => qemu,
    };

    internal static string TooOld(Version version) =>
        $"QEMU {version} is too old: QemuLab needs {MinimumVersion} or newer, for -netdev dgram, which joins the machines of a rootless network";

    [GeneratedRegex(@"QEMU emulator version (\d+\.\d+(?:\.\d+)?)")]
    private static partial Regex VersionLine();
}
