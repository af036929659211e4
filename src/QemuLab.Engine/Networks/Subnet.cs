using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>An IPv4 network in CIDR form, such as <c>10.77.0.0/24</c>. The address part has no host bits.</summary>
public readonly record struct Subnet
{
    private readonly uint network;

    private Subnet(uint network, int prefixLength) => (this.network, PrefixLength) = (network, prefixLength);

    public int PrefixLength { get; }

    public IPAddress Network => ToAddress(network);

    public IPAddress Broadcast => ToAddress(network | ~MaskBits);

    /// <summary>Such as 255.255.255.0.</summary>
    public IPAddress Mask => ToAddress(MaskBits);

    private uint MaskBits => PrefixLength == 0 ? 0 : uint.MaxValue << (32 - PrefixLength);

    /// <summary>Addresses that a machine can have: all but network and broadcast.</summary>
    public long UsableAddresses => Math.Max(0, (1L << (32 - PrefixLength)) - 2);

    public static bool TryParse([NotNullWhen(true)] string? text, out Subnet subnet)
    {
        subnet = default;
        string[] parts = text?.Split('/') ?? [];
        if (parts.Length != 2
            || !TryParseAddress(parts[0], out IPAddress? address)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int prefixLength)
            || prefixLength > 32)
        {
            return false;
        }

        Subnet candidate = new(ToNumber(address), prefixLength);
        subnet = candidate;
        return (candidate.network & ~candidate.MaskBits) == 0;
    }

    /// <exception cref="FormatException">Not CIDR, or host bits are set.</exception>
    public static Subnet Parse(string text) =>
        TryParse(text, out Subnet subnet) ? subnet : throw new FormatException($"'{text}' is not a network such as 10.77.0.0/24");

    /// <summary>Dotted-quad IPv4 with four plain decimal parts; <c>10.1</c> and <c>0x0a000001</c>, which IPAddress takes, are refused.</summary>
    public static bool TryParseAddress([NotNullWhen(true)] string? text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return text?.Split('.') is { Length: 4 } parts
            && parts.All(part => byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _) && (part.Length == 1 || part[0] != '0'))
            && IPAddress.TryParse(text, out address);
    }

    /// <summary>The n-th address of the network; 0 is the network itself.</summary>
    public IPAddress Address(int n) => ToAddress(network + (uint)n);

    /// <summary>The inverse of <see cref="Address"/>.</summary>
    public int IndexOf(IPAddress address) => (int)(ToNumber(address) - network);

    public bool Contains(IPAddress address) => (ToNumber(address) & MaskBits) == network;

    public bool Overlaps(Subnet other) => PrefixLength <= other.PrefixLength ? Contains(other.Network) : other.Contains(Network);

    /// <summary>RFC 1918, RFC 6598 (100.64/10) or the documentation and benchmark ranges that are never routed.</summary>
    public bool IsPrivate
    {
        get
        {
            Subnet self = this;
            return PrivateRanges.Any(range => range.PrefixLength <= self.PrefixLength && range.Contains(self.Network));
        }
    }

    private static readonly Subnet[] PrivateRanges =
        [Parse("10.0.0.0/8"), Parse("172.16.0.0/12"), Parse("192.168.0.0/16"), Parse("100.64.0.0/10"), Parse("198.18.0.0/15")];

    public override string ToString() => $"{Network}/{PrefixLength}";

    public static IPAddress Next(IPAddress address, int steps) => ToAddress(ToNumber(address) + (uint)steps);

    private static uint ToNumber(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private static IPAddress ToAddress(uint number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
