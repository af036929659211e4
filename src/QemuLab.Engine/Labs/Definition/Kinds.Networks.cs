using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>Subnets, addresses, ports, domains and URLs.</summary>
internal static partial class Kinds
{
    /// <summary>The smallest one that has room for the host's own addresses, DHCP and a few machines.</summary>
    private const int LongestPrefix = 27;

    private const int ShortestPrefix = 16;

    /// <summary>The default <see cref="Networks.Subnet"/>, of length 0, for <c>auto</c>.</summary>
    public static ValueKind<Subnet> SubnetOrAuto { get; } = Text<Subnet>("a private network such as 10.77.0.0/24, or auto", Pattern(SubnetOrAutoForm()), (scalar, out value) =>
    {
        value = default;
        return scalar.Text == "auto" ? null : ReadSubnet(scalar, out value);
    });

    /// <summary>Any IPv4 network.</summary>
    public static ValueKind<Subnet> Cidr { get; } = Text<Subnet>("a network such as 10.1.0.0/16", Pattern(SubnetForm()), (scalar, out value) =>
        Networks.Subnet.TryParse(scalar.Text, out value) ? null : NotSubnet(scalar.Text, Quote.Of(scalar.Source)));

    /// <summary>The network address of a unique local /64; the unspecified address for <c>auto</c>.</summary>
    public static ValueKind<IPAddress> Prefix6 { get; } = Text<IPAddress>("a unique local network such as fd12:3456:789a:1::/64, or auto", new JsonObject { ["type"] = "string" }, (scalar, out value) =>
    {
        value = IPAddress.IPv6Any;
        if (scalar.Text == "auto")
        {
            return null;
        }

        bool isGood = IPNetwork.TryParse(scalar.Text, out IPNetwork network) && network.PrefixLength == 64 && network.BaseAddress.IsIPv6UniqueLocal;
        value = isGood ? network.BaseAddress : value;
        return isGood ? null : $"{Quote.Of(scalar.Source)} is not a unique local /64: write one such as fd12:3456:789a:1::/64, or auto";
    });

    public static ValueKind<AddressRange> Range { get; } = Text<AddressRange>("a range such as 10.77.0.100-10.77.0.149", Pattern(RangeForm()), (scalar, out value) =>
    {
        value = default;
        string[] ends = scalar.Text.Split('-', StringSplitOptions.TrimEntries);
        if (ends.Length != 2 || !Networks.Subnet.TryParseAddress(ends[0], out IPAddress? first) || !Networks.Subnet.TryParseAddress(ends[1], out IPAddress? last))
        {
            return $"{Quote.Of(scalar.Source)} is not a range: write first and last address, such as 10.77.0.100-10.77.0.149";
        }

        value = new AddressRange(first, last);
        return value.Contains(first) ? null : $"{Quote.Of(scalar.Source)} ends before it begins";
    });

    /// <summary>Linux: at most 15 bytes without white space and slashes.</summary>
    public static ValueKind<string> InterfaceName { get; } = Matching(InterfaceForm(), "the name of a network interface: at most 15 letters, digits, '.', '_' and '-'");

    public static ValueKind<IPAddress> Address { get; } = Text<IPAddress>("an IPv4 address such as 10.77.0.10", Pattern(AddressForm()), (scalar, out value) =>
    {
        bool isGood = Networks.Subnet.TryParseAddress(scalar.Text, out IPAddress? address);
        value = address ?? IPAddress.None;
        return isGood ? null : $"{Quote.Of(scalar.Source)} is not an IPv4 address such as 10.77.0.10";
    });

    public static ValueKind<string> Domain { get; } = Matching(DomainForm(), "a domain such as k8s.lab");

    public static ValueKind<PortForward> Port { get; } = new ScalarKind<PortForward>(
        Yaml.YamlType.Text, "a port such as \"8080:80\"", Pattern(PortForm()), (scalar, out value) =>
        {
            value = new PortForward(IPAddress.Loopback, 0, 0, TransportProtocol.Tcp);
            Match match = PortForm().Match(scalar.Text);
            IPAddress? host = IPAddress.Loopback;
            bool isGood = match.Success && (!match.Groups[1].Success || Networks.Subnet.TryParseAddress(match.Groups[1].Value, out host));
            if (!isGood)
            {
                return $"{Quote.Of(scalar.Source)} is not a port: write \"HOST:GUEST\", such as \"8080:80\" or \"127.0.0.1:5353:53/udp\"";
            }

            TransportProtocol protocol = match.Groups[4].Value == "udp" ? TransportProtocol.Udp : TransportProtocol.Tcp;
            value = new PortForward(host!, Number(match.Groups[2]), Number(match.Groups[3]), protocol);
            return value is { HostPort: >= 1 and <= 65535, GuestPort: >= 1 and <= 65535 }
                ? null
                : $"{Quote.Of(scalar.Source)} is out of range: ports are 1 to 65535";
        });

    /// <summary>Not quoted in messages: it may hold a password.</summary>
    public static ValueKind<string> Url { get; } = Text<string>(
        "a URL such as http://proxy.example:3128", new JsonObject { ["type"] = "string", ["pattern"] = "^https?://" }, (scalar, out value) =>
        {
            value = scalar.Text;
            bool isGood = Uri.TryCreate(value, UriKind.Absolute, out Uri? url)
                && url is { Scheme: "http" or "https", Host.Length: > 0 }
                && !value.Any(c => char.IsControl(c) || c is ' ' or '"' or '\'' or '\\' or '<' or '>' or '`');
            return isGood ? null : "must be a URL that starts with http:// or https://, without spaces or quotes";
        });

    private static string? ReadSubnet(YamlScalar scalar, out Subnet value) => Networks.Subnet.TryParse(scalar.Text, out value) switch
    {
        false => NotSubnet(scalar.Text, Quote.Of(scalar.Source)),
        true when !value.IsPrivate => $"{value} is not private: take one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
        true when value.PrefixLength is < ShortestPrefix or > LongestPrefix => $"{value} is out of range: write /{ShortestPrefix} to /{LongestPrefix}",
        _ => null,
    };

    private static string NotSubnet(string text, string quoted)
    {
        string[] parts = text.Split('/');
        return parts.Length == 2
            && Networks.Subnet.TryParseAddress(parts[0], out IPAddress? address)
            && int.TryParse(parts[1], out int length)
            && Enclosing(address, length) is { } subnet
                ? $"{quoted} has host bits: write {subnet}"
                : $"{quoted} is not a network: write one such as 10.77.0.0/24";
    }

    /// <summary>The network that the address is in; null where the length is none.</summary>
    public static Subnet? Enclosing(IPAddress address, int length)
    {
        if (length is < 0 or > 32)
        {
            return null;
        }

        byte[] bytes = address.GetAddressBytes();
        for (int bit = length; bit < 32; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return Networks.Subnet.Parse($"{new IPAddress(bytes)}/{length}");
    }

    [GeneratedRegex(@"\A[0-9.]+/[0-9]+\z")]
    private static partial Regex SubnetForm();

    [GeneratedRegex(@"\A([0-9.]+/[0-9]+|auto)\z")]
    private static partial Regex SubnetOrAutoForm();

    [GeneratedRegex(@"\A[0-9.]+ ?- ?[0-9.]+\z")]
    private static partial Regex RangeForm();

    [GeneratedRegex(@"\A(?!lan\z)[a-z][a-z0-9]{0,11}\z")]
    public static partial Regex NetworkNameForm();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,14}\z")]
    private static partial Regex InterfaceForm();

    [GeneratedRegex(@"\A(?!.{200})(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\z")]
    public static partial Regex RecordNameForm();

    [GeneratedRegex(@"\A([1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-4]|router|ntp-server|domain-search|tftp-server|bootfile-name|mtu)\z")]
    public static partial Regex DhcpOptionForm();

    [GeneratedRegex(@"\A[0-9]{1,3}(\.[0-9]{1,3}){3}\z")]
    private static partial Regex AddressForm();

    [GeneratedRegex(@"\A(?:([0-9.]+):)?([0-9]{1,5}):([0-9]{1,5})(?:/(tcp|udp))?\z")]
    private static partial Regex PortForm();

    [GeneratedRegex(@"\A(?!.{200})[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\z")]
    private static partial Regex DomainForm();
}
