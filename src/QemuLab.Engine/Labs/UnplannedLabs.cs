using System.Collections.Concurrent;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>
/// Labs whose records could be read, but that this host cannot carry now: QEMU is missing, or being upgraded. Their records stay
/// as they are, what they hold of the host stays theirs, and each is taken up as soon as it can be planned again.
/// </summary>
/// <param name="parts">The host.</param>
/// <param name="events">Told of what is not taken up, and of what is at last.</param>
/// <param name="gateOf">One change of a lab at a time.</param>
/// <param name="takeUp">Plans a lab by its record and adopts its machines; throws where that still cannot be.</param>
internal sealed class UnplannedLabs(EngineParts parts, EventLog events, Func<string, LabGate> gateOf, Func<string, LabRecord, CancellationToken, Task> takeUp)
{
    private readonly ConcurrentDictionary<string, (LabRecord Record, UnplannedLab Told)> kept = new(StringComparer.Ordinal);

    /// <summary>By name.</summary>
    public IReadOnlyList<UnplannedLab> All => [.. kept.Values.Select(one => one.Told).OrderBy(lab => lab.Name, StringComparer.Ordinal)];

    /// <summary>Null where there is no such lab among them.</summary>
    public LabRecord? RecordOf(string lab) => kept.TryGetValue(lab, out (LabRecord Record, UnplannedLab Told) one) ? one.Record : null;

    /// <summary>The subnets of all but one lab.</summary>
    public IEnumerable<SubnetUse> SubnetsBeside(string lab) =>
        from one in kept
        where one.Key != lab
        from text in one.Value.Record.Allocations.Subnets.Values.Append(one.Value.Record.Allocations.Subnet)
        let subnet = Subnet.TryParse(text, out Subnet known) ? known : (Subnet?)null
        where subnet is not null
        select new SubnetUse(subnet.Value, $"lab {one.Key}");

    /// <summary>The ports of 127.0.0.1 of all but one lab.</summary>
    public IEnumerable<int> PortsBeside(string lab) => kept.Where(one => one.Key != lab).SelectMany(one => one.Value.Record.Allocations.SshPorts.Values);

    /// <summary>Keeps a lab that could not be planned at the daemon's start.</summary>
    public void Keep(string lab, LabRecord record, QemuLabException why)
    {
        kept[lab] = (record, Told(lab, record, why));
        events.Add(LabEventKind.Warning, lab, null, "lab-unreadable", $"the lab {lab} cannot be taken up, its machines are left as they are: {why.Message}");
    }

    /// <summary>The lab has become another one, by its record.</summary>
    public void Forget(string lab) => kept.TryRemove(lab, out _);

    /// <summary>Looks at the host anew, and takes up what it can carry now.</summary>
    public async Task RetryAsync(CancellationToken cancellation)
    {
        foreach (string lab in kept.Keys.Order(StringComparer.Ordinal))
        {
            using LabGate.Turn turn = await gateOf(lab).EnterAsync(cancellation);
            try
            {
                await TakeUpAsync(lab, turn.Cancellation);
            }
            catch (QemuLabException why) when (RecordOf(lab) is { } record)
            {
                kept[lab] = (record, Told(lab, record, why));
            }
        }
    }

    /// <summary>Takes a lab up, if it is one of them. The caller has the lab's turn.</summary>
    /// <exception cref="QemuLabException">The host still cannot carry it.</exception>
    public async Task TakeUpAsync(string lab, CancellationToken cancellation)
    {
        if (RecordOf(lab) is { } record)
        {
            await parts.Host.LookAsync(cancellation);
            await takeUp(lab, record, cancellation);
            Forget(lab);
            events.Add(LabEventKind.State, lab, null, "TakenUp", "it can be planned again, and goes on as it was left");
        }
    }

    private static UnplannedLab Told(string lab, LabRecord record, QemuLabException why) =>
        new(lab, Path.Combine(record.Source.BaseDirectory, Path.GetFileName(record.Source.DisplayPath)), [.. record.Machines.Keys.Order(StringComparer.Ordinal)], why.Message, why.Hint);
}

/// <summary>A lab that is kept, but that this host cannot carry now.</summary>
/// <param name="File">The absolute path of the lab file that it was launched from.</param>
/// <param name="Machines">Those that have been made; some may run.</param>
/// <param name="Reason">Why it is not taken up.</param>
/// <param name="Hint">What to do; null: nothing is known.</param>
public sealed record UnplannedLab(string Name, string File, IReadOnlyList<string> Machines, string Reason, string? Hint);
