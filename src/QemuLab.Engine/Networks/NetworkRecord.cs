using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>What must be known to heal and to take down a network: who is connected, and which processes are its own.</summary>
internal sealed record NetworkRecord
{
    public ProcessIdentity? Switch { get; init; }

    public ProcessIdentity? Uplink { get; init; }

    public IReadOnlyList<ConnectionRecord> Connections { get; init; } = [];

    /// <summary>Empty where there is none. One that cannot be read is set aside: what it said can be asked of the machines' owner again.</summary>
    public static NetworkRecord Load(NetworkPaths paths)
    {
        try
        {
            return Whole(JsonSerializer.Deserialize(File.ReadAllBytes(paths.Record), NetworkRecordJson.Default.NetworkRecord) ?? new NetworkRecord());
        }
        catch (IOException)
        {
            return new NetworkRecord();
        }
        catch (JsonException)
        {
            File.Move(paths.Record, paths.Record + ".unreadable", overwrite: true);
            return new NetworkRecord();
        }
    }

    /// <summary>Source-generated JSON makes null of a collection that is not there, as in the record of an older qemulab.</summary>
    private static NetworkRecord Whole(NetworkRecord told) =>
        told with { Connections = [.. (told.Connections ?? []).Select(connection => connection with { Balanced = connection.Balanced ?? [] })] };

    /// <summary>It tells of processes, which no reboot survives: so it need not survive one either.</summary>
    public void Save(NetworkPaths paths) =>
        AtomicFile.Update(paths.Record, JsonSerializer.SerializeToUtf8Bytes(this, NetworkRecordJson.Default.NetworkRecord), durable: false);

    /// <param name="machine">Connected from now on.</param>
    /// <param name="balanced">Its ways in from ports that lead to several machines.</param>
    public NetworkRecord With(MachineConnection machine, IReadOnlyList<BalancedRecord>? balanced = null) =>
        Without(machine.Name) with { Connections = [.. Without(machine.Name).Connections, ConnectionRecord.Of(machine) with { Balanced = balanced ?? [] }] };

    public NetworkRecord Without(params IReadOnlyCollection<string> names) => this with { Connections = [.. Connections.Where(connection => !names.Contains(connection.Name))] };

    /// <summary>The host ports that the network's processes hold, as the lab file has them; none where those have ended.</summary>
    public IEnumerable<(TransportProtocol Protocol, string Address, int Port)> HostPorts() =>
    [
        .. from connection in Connections
           where Uplink is { IsAlive: true }
           from forward in connection.Forwards
           select (forward.Protocol, forward.HostAddress, forward.HostPort),
        .. from connection in Connections
           where Switch is { IsAlive: true }
           from balanced in connection.Balanced
           select (balanced.Protocol, balanced.HostAddress, balanced.HostPort),
    ];

    /// <summary>All forwards.</summary>
    public IEnumerable<HostForward> Forwards() => Connections.SelectMany(connection => connection.HostForwards());

    /// <summary>The forwards of these machines.</summary>
    public IEnumerable<HostForward> Forwards(params IReadOnlyCollection<string> names) =>
        Connections.Where(connection => names.Contains(connection.Name)).SelectMany(connection => connection.HostForwards());
}

/// <summary>A connected machine, in plain words for the file.</summary>
internal sealed record ConnectionRecord(string Name, string Address, IReadOnlyList<ForwardRecord> Forwards)
{
    /// <summary>The ways in from host ports that lead to several machines.</summary>
    public IReadOnlyList<BalancedRecord> Balanced { get; init; } = [];

    public static ConnectionRecord Of(MachineConnection machine) =>
        new(machine.Name, machine.Address.ToString(), [.. machine.Forwards.Select(f => new ForwardRecord(f.Protocol, f.HostAddress.ToString(), f.HostPort, f.GuestPort, f.GuestAddress?.ToString()))]);

    public IEnumerable<HostForward> HostForwards() =>
    [
        .. Forwards.Select(f => new HostForward(f.Protocol, IPAddress.Parse(f.HostAddress), f.HostPort, IPAddress.Parse(f.GuestAddress ?? Address), f.GuestPort)),
        .. Balanced.Select(Forward),
    ];

    /// <summary>Slirp's part of a way in.</summary>
    public HostForward Forward(BalancedRecord balanced) => new(balanced.Protocol, IPAddress.Loopback, balanced.ForwardPort, IPAddress.Parse(Address), balanced.GuestPort);
}

internal sealed record ForwardRecord(TransportProtocol Protocol, string HostAddress, int HostPort, int GuestPort, string? GuestAddress = null);

/// <summary>The way to one machine from a host port that leads to several: the switch serves the host port, and reaches the machine by a forward of its own.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="HostAddress">Where the host listens.</param>
/// <param name="HostPort">As the lab file says it.</param>
/// <param name="GuestPort">Likewise.</param>
/// <param name="ForwardPort">A port of 127.0.0.1 that was free when it was chosen; it leads to this machine alone.</param>
internal sealed record BalancedRecord(TransportProtocol Protocol, string HostAddress, int HostPort, int GuestPort, int ForwardPort);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(NetworkRecord))]
internal sealed partial class NetworkRecordJson : JsonSerializerContext;
