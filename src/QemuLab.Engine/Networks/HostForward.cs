using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace QemuLab.Engine.Networks;

/// <summary>A forward as slirp knows it: a host port that leads to a guest's port.</summary>
internal sealed partial record HostForward(TransportProtocol Protocol, IPAddress HostAddress, int HostPort, IPAddress GuestAddress, int GuestPort)
{
    public HostForward(PortForward forward, IPAddress guest)
        : this(forward.Protocol, forward.HostAddress, forward.HostPort, guest, forward.GuestPort)
    {
    }

    /// <summary>The host's side, as hostfwd_remove takes it.</summary>
    public string HostSide => string.Create(CultureInfo.InvariantCulture, $"{(Protocol == TransportProtocol.Udp ? "udp" : "tcp")}:{HostAddress}:{HostPort}");

    /// <summary>The whole rule, as hostfwd_add takes it.</summary>
    public string Rule => string.Create(CultureInfo.InvariantCulture, $"{HostSide}-{GuestAddress}:{GuestPort}");

    /// <summary>The forwards in what <c>info usernet</c> prints.</summary>
    public static IReadOnlyList<HostForward> Parse(string usernet) =>
    [
        .. from Match line in Line().Matches(usernet)
           select new HostForward(
               line.Groups[1].Value == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp,
               line.Groups[2].Value == "*" ? IPAddress.Any : IPAddress.Parse(line.Groups[2].Value),
               int.Parse(line.Groups[3].Value, CultureInfo.InvariantCulture),
               IPAddress.Parse(line.Groups[4].Value),
               int.Parse(line.Groups[5].Value, CultureInfo.InvariantCulture)),
    ];

    [GeneratedRegex(@"^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+([\d.]+|\*)\s+(\d+)\s+([\d.]+)\s+(\d+)\s", RegexOptions.Multiline)]
    private static partial Regex Line();
}
