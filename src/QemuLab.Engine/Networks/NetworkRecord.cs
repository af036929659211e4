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
            return JsonSerializer.Deserialize(File.ReadAllBytes(paths.Record), NetworkRecordJson.Default.NetworkRecord) ?? new NetworkRecord();
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

    /// <summary>It tells of processes, which no reboot survives: so it need not survive one either.</summary>
    public void Save(NetworkPaths paths) =>
        AtomicFile.Write(paths.Record, JsonSerializer.SerializeToUtf8Bytes(this, NetworkRecordJson.Default.NetworkRecord), durable: false);

    public NetworkRecord With(MachineConnection machine) =>
        Without(machine.Name) with { Connections = [.. Without(machine.Name).Connections, ConnectionRecord.Of(machine)] };

    public NetworkRecord Without(string name) => this with { Connections = [.. Connections.Where(connection => connection.Name != name)] };

    /// <summary>The forwards of one machine, or of all.</summary>
    public IEnumerable<HostForward> Forwards(string? name = null) =>
        Connections.Where(connection => name is null || connection.Name == name).SelectMany(connection => connection.HostForwards());
}

/// <summary>A connected machine, in plain words for the file.</summary>
internal sealed record ConnectionRecord(string Name, string Address, IReadOnlyList<ForwardRecord> Forwards)
{
    public static ConnectionRecord Of(MachineConnection machine) =>
        new(machine.Name, machine.Address.ToString(), [.. machine.Forwards.Select(f => new ForwardRecord(f.Protocol, f.HostAddress.ToString(), f.HostPort, f.GuestPort, f.GuestAddress?.ToString()))]);

    public IEnumerable<HostForward> HostForwards() =>
        Forwards.Select(f => new HostForward(f.Protocol, IPAddress.Parse(f.HostAddress), f.HostPort, IPAddress.Parse(f.GuestAddress ?? Address), f.GuestPort));
}

internal sealed record ForwardRecord(TransportProtocol Protocol, string HostAddress, int HostPort, int GuestPort, string? GuestAddress = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(NetworkRecord))]
internal sealed partial class NetworkRecordJson : JsonSerializerContext;
