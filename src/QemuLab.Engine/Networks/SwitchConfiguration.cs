using System.Net;
using System.Text.Json.Serialization;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Engine.Networks;

/// <summary>What a switch is told of its network, so that it answers DNS and DHCP; in plain words for its control socket and its file.</summary>
public sealed record SwitchConfiguration
{
    /// <summary>Of the machines' planned addresses, where the lab file says nothing of DHCP.</summary>
    private static readonly TimeSpan DefaultLease = TimeSpan.FromHours(1);

    [JsonPropertyName("subnet")]
    public required string SubnetText { get; init; }

    public required string Domain { get; init; }

    /// <summary>There is no way out: what the switch does not know, nobody knows.</summary>
    public bool IsIsolated { get; init; }

    public int Mtu { get; init; } = 1500;

    public IReadOnlyList<SwitchHost> Machines { get; init; } = [];

    /// <summary>Whole names, a leading <c>*.</c> for all below.</summary>
    public IReadOnlyList<SwitchName> Records { get; init; } = [];

    /// <summary>What DHCP gives to others than the machines; null: nothing.</summary>
    public string? PoolFirst { get; init; }

    public string? PoolLast { get; init; }

    public TimeSpan Lease { get; init; } = DefaultLease;

    public IReadOnlyList<DhcpOption> Options { get; init; } = [];

    [JsonIgnore]
    public Subnet Subnet => Subnet.Parse(SubnetText);

    [JsonIgnore]
    public IPAddress Dns => Subnet.Address(3);

    [JsonIgnore]
    public IPAddress? Gateway => IsIsolated ? null : Subnet.Address(2);

    [JsonIgnore]
    public AddressRange? Pool => PoolFirst is null || PoolLast is null ? null : new AddressRange(IPAddress.Parse(PoolFirst), IPAddress.Parse(PoolLast));

    public static SwitchConfiguration Of(NetworkPlan network)
    {
        AddressRange? pool = network.Dhcp?.Range;
        return new SwitchConfiguration
        {
            SubnetText = network.Subnet.ToString(),
            Domain = network.Domain,
            IsIsolated = network.Mode == NetworkMode.Isolated,
            Mtu = network.Mtu,
            Machines = [.. network.Hosts.Select(host => new SwitchHost(host.Name, host.Address.ToString(), host.Mac.ToString()))],
            Records = [.. network.Records.Select(record => new SwitchName(record.Name, record.Address.ToString()))],
            PoolFirst = pool?.First.ToString(),
            PoolLast = pool?.Last.ToString(),
            Lease = network.Dhcp?.Lease ?? DefaultLease,
            Options = network.Dhcp?.Options ?? [],
        };
    }

    /// <summary>The machines, out of their plain words.</summary>
    /// <exception cref="FormatException">An address is none.</exception>
    public IEnumerable<NetworkHost> Hosts() => Machines.Select(machine =>
        MacAddress.TryParse(machine.Mac, out MacAddress mac)
            ? new NetworkHost(machine.Name, IPAddress.Parse(machine.Address), mac)
            : throw new FormatException($"'{machine.Mac}' is not an Ethernet address"));

    /// <summary>All names: the machines', the host's, the lab file's.</summary>
    public DnsZone Zone()
    {
        IEnumerable<NameRecord> host = Gateway is { } gateway ? [new($"host.{Domain}", gateway), new(DnsZone.HostName, gateway)] : [];
        return new DnsZone(
            Subnet, Domain, Machines.Select(machine => (machine.Name, IPAddress.Parse(machine.Address))),
            [.. Records.Select(record => new NameRecord(record.Name, IPAddress.Parse(record.Address))), .. host]);
    }
}

/// <summary>A machine, in plain words.</summary>
public sealed record SwitchHost(string Name, string Address, string Mac);

/// <summary>A name, in plain words.</summary>
public sealed record SwitchName(string Name, string Address);
