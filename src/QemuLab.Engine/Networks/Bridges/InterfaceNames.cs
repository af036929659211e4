using System.Security.Cryptography;
using System.Text;

namespace QemuLab.Engine.Networks;

/// <summary>
/// What bridges, taps and nftables tables of a lab are called. An interface name has 15 bytes: the readable name where it
/// fits, else its beginning and a hash. Machine and lab names have no underscore, so that no two networks share a name.
/// </summary>
public static class InterfaceNames
{
    /// <summary>IFNAMSIZ less the closing zero.</summary>
    public const int MaxLength = 15;

    /// <summary>How every bridge of ours begins; labs are kept apart by it.</summary>
    public const string BridgePrefix = "ql-";

    /// <summary>How every tap of ours begins.</summary>
    public const string TapPrefix = "qt-";

    /// <summary>The first word of the alias of every interface that is ours.</summary>
    internal const string Owner = "qemulab";

    private const string Letters = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>The bridge of a lab's network, such as <c>ql-k8s</c> or <c>ql-k8s_storage</c>.</summary>
    public static string Bridge(string lab, string network) => Fit(BridgePrefix, Readable(lab, network), lab);

    /// <summary>The tap of a machine on a lab's network, such as <c>qt-k8s_control0</c>.</summary>
    public static string Tap(string lab, string network, string machine) => Fit(TapPrefix, $"{Readable(lab, network)}_{machine}", machine);

    /// <summary>The tap of a machine on the network.</summary>
    public static string Tap(NetworkPlan network, string machine) => Tap(network.Lab, network.Network, machine);

    /// <summary>The name of the network's nftables tables, in the inet and in the bridge family.</summary>
    public static string Table(NetworkPlan network) => $"{Owner}.{network.Lab}.{network.Network}";

    /// <summary>The alias that marks the network's bridge as ours.</summary>
    public static string Alias(NetworkPlan network) => $"{Owner} {network.Lab}/{network.Network}";

    /// <summary>The alias that marks a machine's tap as ours.</summary>
    public static string Alias(NetworkPlan network, string machine) => $"{Alias(network)} {machine}";

    private static string Readable(string lab, string network) => network == NetworkPlan.MainName ? lab : $"{lab}_{network}";

    /// <summary>Two underscores and 30 bits stand for what does not fit; two underscores are in no readable name.</summary>
    private static string Fit(string prefix, string readable, string beginning)
    {
        const int hashLength = 6;
        if (prefix.Length + readable.Length <= MaxLength)
        {
            return prefix + readable;
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(prefix + readable));
        int room = Math.Min(beginning.Length, MaxLength - prefix.Length - 2 - hashLength);
        return $"{prefix}{beginning[..room]}__{new string([.. hash.Take(hashLength).Select(octet => Letters[octet % 32])])}";
    }
}
