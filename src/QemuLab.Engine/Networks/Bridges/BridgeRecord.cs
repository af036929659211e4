using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>What a network on a bridge should be: its ports and what is made worse on them. Written before the host is changed.</summary>
internal sealed record BridgeRecord
{
    public IReadOnlyList<BridgePortRecord> Ports { get; init; } = [];

    public NetworkImpairments Impairments { get; init; } = NetworkImpairments.None;

    [JsonIgnore]
    public IReadOnlyList<MachineConnection> Machines => [.. Ports.Select(port => port.ToMachine())];

    /// <summary>Null where there is none. One that cannot be read is set aside: names and aliases tell what is ours.</summary>
    public static BridgeRecord? Load(NetworkPaths paths)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(paths.BridgeRecord), BridgeJson.Default.BridgeRecord);
        }
        catch (IOException)
        {
            return null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException or NotSupportedException)
        {
            File.Move(paths.BridgeRecord, paths.BridgeRecord + ".unreadable", overwrite: true);
            return null;
        }
    }

    /// <summary>It tells of interfaces, which no reboot survives: so it need not survive one either.</summary>
    public void Save(NetworkPaths paths)
    {
        Directory.CreateDirectory(paths.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AtomicFile.Write(paths.BridgeRecord, JsonSerializer.SerializeToUtf8Bytes(this, BridgeJson.Default.BridgeRecord), durable: false);
    }

    public static void Delete(NetworkPaths paths)
    {
        if (Directory.Exists(paths.Directory))
        {
            File.Delete(paths.BridgeRecord);
            if (!Directory.EnumerateFileSystemEntries(paths.Directory).Any())
            {
                Directory.Delete(paths.Directory);
            }
        }
    }

    public BridgeRecord With(MachineConnection machine) => this with { Ports = [.. Without(machine.Name).Ports, BridgePortRecord.Of(machine)] };

    public BridgeRecord Without(string machine) => this with { Ports = [.. Ports.Where(port => port.Name != machine)] };
}

/// <summary>A connected machine, in plain words for the file.</summary>
internal sealed record BridgePortRecord
{
    public required string Name { get; init; }

    public required string Mac { get; init; }

    public required string Address { get; init; }

    public IReadOnlyList<string> Shared { get; init; } = [];

    public IReadOnlyList<string> Hidden { get; init; } = [];

    public IReadOnlyList<string> Routed { get; init; } = [];

    public IReadOnlyList<ForwardRecord> Forwards { get; init; } = [];

    public static BridgePortRecord Of(MachineConnection machine) => new()
    {
        Name = machine.Name,
        Mac = machine.Mac.ToString(),
        Address = machine.Address.ToString(),
        Shared = [.. machine.SharedAddresses.Select(address => address.ToString())],
        Hidden = [.. machine.HiddenAddresses.Select(address => address.ToString())],
        Routed = [.. machine.RoutedNetworks.Select(subnet => subnet.ToString())],
        Forwards = [.. machine.Forwards.Select(f => new ForwardRecord(f.Protocol, f.HostAddress.ToString(), f.HostPort, f.GuestPort, f.GuestAddress?.ToString()))],
    };

    /// <exception cref="FormatException">Somebody has edited the file.</exception>
    public MachineConnection ToMachine() =>
        new(Name, IPAddress.Parse(Address), [.. Forwards.Select(f => new PortForward(IPAddress.Parse(f.HostAddress), f.HostPort, f.GuestPort, f.Protocol) { GuestAddress = f.GuestAddress is { } guest ? IPAddress.Parse(guest) : null })])
        {
            Mac = MacAddress.TryParse(Mac, out MacAddress mac) ? mac : throw new FormatException($"'{Mac}' is not a MAC address"),
            SharedAddresses = [.. Shared.Select(IPAddress.Parse)],
            HiddenAddresses = [.. Hidden.Select(IPAddress.Parse)],
            RoutedNetworks = [.. Routed.Select(Subnet.Parse)],
        };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(BridgeRecord))]
[JsonSerializable(typeof(ForwardingRecord))]
internal sealed partial class BridgeJson : JsonSerializerContext;
