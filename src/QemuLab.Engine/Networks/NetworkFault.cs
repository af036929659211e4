using System.Globalization;
using System.Text.Json.Serialization;

namespace QemuLab.Engine.Networks;

/// <summary>What can be made worse.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NetworkFaultKind>))]
public enum NetworkFaultKind
{
    /// <summary>Nothing passes the machine's link.</summary>
    Cut,

    /// <summary>Every frame is late, each way.</summary>
    Delay,

    /// <summary>Some frames are lost, each way.</summary>
    Loss,

    /// <summary>No more than so many bits pass in a second, each way.</summary>
    Rate,

    /// <summary>Two machines do not hear each other.</summary>
    Partition,
}

/// <summary>One thing that is made worse on purpose.</summary>
/// <param name="Network">The network's own name.</param>
/// <param name="Kind">What is made worse.</param>
/// <param name="Machine">Whose link.</param>
/// <param name="Other">Of a partition: the other machine.</param>
/// <param name="Value">Of a delay seconds, of a loss percent, of a rate bits in a second.</param>
/// <param name="Until">When it heals by itself; null: never.</param>
public sealed record NetworkFault(string Network, NetworkFaultKind Kind, string Machine, string? Other = null, double Value = 0, DateTimeOffset? Until = null)
{
    /// <summary>Whether the other one would take this one's place.</summary>
    public bool IsSameAs(NetworkFault other) => Network == other.Network && Kind == other.Kind
        && ((Machine == other.Machine && Other == other.Other) || (Other is not null && Machine == other.Other && Other == other.Machine));

    public bool Concerns(string machine) => Machine == machine || Other == machine;

    /// <summary>For people, from one machine's side: <c>delay 50ms</c>.</summary>
    public string TextFor(string machine)
    {
        string what = Kind switch
        {
            NetworkFaultKind.Cut => "cut off",
            NetworkFaultKind.Delay => string.Create(CultureInfo.InvariantCulture, $"delay {Value * 1000:0.###}ms"),
            NetworkFaultKind.Loss => string.Create(CultureInfo.InvariantCulture, $"loss {Value:0.###}%"),
            NetworkFaultKind.Rate => "rate " + BitRate.Text((long)Value),
            _ => $"no contact with {(machine == Machine ? Other : Machine)}",
        };
        return Network == NetworkPlan.MainName ? what : $"{what} on {Network}";
    }

    /// <summary>All faults of one network as its backend wants them.</summary>
    public static NetworkImpairments Together(IEnumerable<NetworkFault> faults)
    {
        var links = new Dictionary<string, LinkImpairment>(StringComparer.Ordinal);
        var partitions = new List<MachinePair>();
        foreach (NetworkFault fault in faults)
        {
            LinkImpairment link = links.GetValueOrDefault(fault.Machine) ?? new LinkImpairment();
            if (fault is { Kind: NetworkFaultKind.Partition, Other: { } other })
            {
                partitions.Add(new MachinePair(fault.Machine, other));
                continue;
            }

            links[fault.Machine] = fault.Kind switch
            {
                NetworkFaultKind.Cut => link with { IsCut = true },
                NetworkFaultKind.Delay => link with { Delay = TimeSpan.FromSeconds(fault.Value) },
                NetworkFaultKind.Loss => link with { LossPercent = fault.Value },
                _ => link with { BitsPerSecond = (long)fault.Value },
            };
        }

        return new NetworkImpairments { Links = links, Partitions = partitions };
    }
}
