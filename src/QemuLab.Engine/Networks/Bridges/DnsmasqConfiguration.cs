using System.Globalization;
using System.Net;
using System.Text;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The configuration file of the dnsmasq that serves names and DHCP on a bridge: pure text. It answers on the bridge alone,
/// knows the lab's names both ways, and asks the host's own name servers for the rest.
/// </summary>
internal static class DnsmasqConfiguration
{
    /// <summary>The name of the host in its labs, beside the one that all labs know it by.</summary>
    private const string HostName = "host";

    private const int NameTtlSeconds = 5;

    /// <param name="network">In mode bridge.</param>
    /// <param name="user">Whom the process runs as once it has its ports: one who may write the network's folder.</param>
    public static string For(NetworkPlan network, string user)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');

        Line($"# Names and DHCP of {network.Name}; written anew at each launch.");
        Line($"pid-file={network.Paths.DnsmasqPid}");
        Line($"log-facility={network.Paths.DnsmasqLog}");
        Line($"user={user}");
        Line($"interface={network.Bridge}");
        Line("except-interface=lo");
        Line("bind-interfaces");
        Line("no-hosts");
        Line(string.Create(CultureInfo.InvariantCulture, $"local-ttl={NameTtlSeconds}"));
        Line($"domain={network.Domain}");
        Line($"local=/{network.Domain}/");
        Line($"host-record={HostName}.{network.Domain},{HostName},{Addresses(network, network.Subnet.Address(1))}");
        Line(All(DnsZone.HostName, network.Subnet.Address(1)));
        foreach (NetworkHost host in network.Hosts)
        {
            Line($"host-record={host.Name}.{network.Domain},{host.Name},{Addresses(network, host.Address)}");
        }

        foreach (NameRecord record in network.Records)
        {
            Line(Record(record, network.Domain));
            foreach (string line in Limits(record.Name, network))
            {
                Line(line);
            }
        }

        WriteDhcp(network, Line);
        return text.ToString();
    }

    private static string Addresses(NetworkPlan network, IPAddress address) =>
        network.Address6(address) is { } address6 ? $"{address},{address6}" : address.ToString();

    /// <summary>A name and all below it; the second line answers questions for other types with nothing, where else they are told that there is no such name.</summary>
    private static string All(string name, IPAddress address) => $"address=/{name}/{address}\nlocal=/{name}/";

    /// <summary>One in the domain is known by its first word too.</summary>
    private static string Record(NameRecord record, string domain)
    {
        if (record.Name.StartsWith("*.", StringComparison.Ordinal))
        {
            return All(record.Name[2..], record.Address);
        }

        string[] parts = record.Name.Split('.', 2);
        string alias = parts.Length == 2 && parts[1] == domain ? "," + parts[0] : "";
        return $"host-record={record.Name}{alias},{record.Address}";
    }

    /// <summary>
    /// Of a single name elsewhere dnsmasq would answer the address only and ask the world for other types, whose "no such name"
    /// hides the address from some resolvers. What is below that name stays the world's.
    /// </summary>
    private static string[] Limits(string name, NetworkPlan network)
    {
        string wildcard = "*." + name;
        bool isOwn = name.StartsWith("*.", StringComparison.Ordinal) || IsIn(name, network.Domain) || network.Records.Any(record => record.Name == wildcard);
        return isOwn ? [] : [$"local=/{name}/", $"server=/{wildcard}/#"];
    }

    private static bool IsIn(string name, string domain) => name == domain || name.EndsWith("." + domain, StringComparison.Ordinal);

    /// <summary>Machines of the lab that ask get their own address; others only where the file names a range.</summary>
    private static void WriteDhcp(NetworkPlan network, Action<string> line)
    {
        string lease = ((int)(network.Dhcp?.Lease ?? TimeSpan.FromHours(1)).TotalSeconds).ToString(CultureInfo.InvariantCulture);
        line("dhcp-authoritative");
        line($"dhcp-leasefile={network.Paths.DnsmasqLeases}");
        line(network.Dhcp is { } dhcp
            ? $"dhcp-range={dhcp.Range.First},{dhcp.Range.Last},{network.Subnet.Mask},{lease}"
            : $"dhcp-range={network.Subnet.Network},static,{network.Subnet.Mask},{lease}");
        line($"dhcp-option=option:router,{network.Gateway}");
        line($"dhcp-option=option:dns-server,{network.Dns}");
        line(string.Create(CultureInfo.InvariantCulture, $"dhcp-option=option:mtu,{network.Mtu}"));
        foreach (DhcpOption option in network.Dhcp?.Options ?? [])
        {
            // Forced: firmware asks for little and needs what it did not ask for.
            line(string.Create(CultureInfo.InvariantCulture, $"dhcp-option-force={option.Number},{option.Value}"));
        }

        foreach (NetworkHost host in network.Hosts)
        {
            line($"dhcp-host={host.Mac},{host.Address},{host.Name}");
        }
    }
}
