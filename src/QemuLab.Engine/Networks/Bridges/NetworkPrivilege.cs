using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>Whether this process may make bridges, taps and rules on this host, and what to try where it may not.</summary>
internal static class NetworkPrivilege
{
    /// <summary>The packages that bring the programs, as apt calls them.</summary>
    public const string Packages = "nftables iproute2 procps dnsmasq-base";

    private const int CapNetAdmin = 12;

    private static readonly string[] Programs = ["ip", "nft", "sysctl"];

    private const string Choices = "say 'mode: user' in the lab file's network, which needs no rights, or run the daemon as root: sudo qemulab daemon";

    /// <summary>Null where it may.</summary>
    /// <param name="status">What /proc/self/status says.</param>
    public static QemuLabException? Refusal(string status)
    {
        string[] missing = [.. Programs.Where(program => Find(program) is null)];
        return !OperatingSystem.IsLinux() ? new QemuLabException(ErrorKind.Failed, "not-supported", "bridges are made on Linux only", "say 'mode: user' in the lab file's network")
            : missing.Length > 0 ? Missing(string.Join(" and ", missing))
            : HasNetAdmin(status) ? null
            : NoNetAdmin();
    }

    public static QemuLabException Missing(string programs, Exception? cause = null) =>
        new(ErrorKind.Failed, "program-missing", $"a bridge needs {programs}, which this host lacks", $"run: sudo apt-get install -y {Packages}", cause);

    public static QemuLabException NoNetAdmin() =>
        new(ErrorKind.Failed, "no-net-admin", "a bridge needs the right to change this host's network (CAP_NET_ADMIN), which this process lacks", Choices);

    public static string? Find(string program) => new ProgramSearch(Environment.GetEnvironmentVariable("PATH")).Find(program);

    /// <summary>What /proc/self/status says; empty where there is none.</summary>
    public static string OwnStatus() => OperatingSystem.IsLinux() ? File.ReadAllText("/proc/self/status") : "";

    private static bool HasNetAdmin(string status)
    {
        const string line = "CapEff:";
        int start = status.IndexOf(line, StringComparison.Ordinal);
        string digits = start < 0 ? "" : status[(start + line.Length)..].TrimStart().Split('\n')[0].Trim();
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong held) && (held >> CapNetAdmin & 1) == 1;
    }
}
