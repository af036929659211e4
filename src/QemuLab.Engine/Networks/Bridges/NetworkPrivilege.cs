using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>Whether this process may make bridges, taps and rules on this host, and what to try where it may not.</summary>
internal static class NetworkPrivilege
{
    /// <summary>The packages that bring the programs, as apt calls them.</summary>
    public const string Packages = "nftables iproute2 procps dnsmasq-base";

    /// <summary>The code of the error that a right is missing.</summary>
    public const string NoRight = "no-net-admin";

    private const string TapDevice = "/dev/net/tun";

    private static readonly string[] Programs = ["ip", "nft", "sysctl"];

    /// <summary>What to do where a right is missing.</summary>
    public const string Choices = "say 'mode: user' in the lab file's network, which needs no rights, or allow bridges to your user once: qemulab network sudoers";

    /// <summary>Null where it may.</summary>
    /// <param name="held">This process's capabilities.</param>
    public static QemuLabException? Refusal(ProcessCapabilities held)
    {
        string[] missing = [.. Programs.Where(program => Find(program) is null)];
        return !OperatingSystem.IsLinux() ? new QemuLabException(ErrorKind.Failed, "not-supported", "bridges are made on Linux only", "say 'mode: user' in the lab file's network")
            : missing.Length > 0 ? Missing(string.Join(" and ", missing))
            : held.HasNetAdmin ? null
            : NoNetAdmin();
    }

    public static QemuLabException Missing(string programs, Exception? cause = null) =>
        new(ErrorKind.Failed, "program-missing", $"a bridge needs {programs}, which this host lacks", $"run: sudo apt-get install -y {Packages}", cause);

    public static QemuLabException NoNetAdmin() =>
        new(ErrorKind.Failed, NoRight, "a bridge needs the right to change this host's network (CAP_NET_ADMIN), which this process lacks", Choices);

    public static QemuLabException NoTaps() =>
        new(ErrorKind.Failed, "no-taps", $"this user may not open {TapDevice}, and QEMU needs it for taps", $"run: sudo chmod 0666 {TapDevice}, as udev has it (after: sudo modprobe tun), or say 'mode: user' in the lab file's network");

    /// <summary>Whether QEMU, as this user, can open the taps that are made for it. udev gives the device to everybody.</summary>
    public static bool CanOpenTaps()
    {
        try
        {
            using var opened = new FileStream(TapDevice, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return false;
        }
    }

    public static string? Find(string program) => new ProgramSearch(Environment.GetEnvironmentVariable("PATH")).Find(program);
}
