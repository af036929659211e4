using System.Text.Json;
using System.Text.Json.Serialization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>
/// What is made worse on purpose on the networks of all labs. Each fault heals when a person says so, when its time is over,
/// or with the lab's end; a successor of the daemon finds them in a file beside the network.
/// </summary>
public sealed class LabFaults : IDisposable
{
    private const string FileName = "faults.json";

    private readonly EngineParts parts;
    private readonly EventLog events;
    private readonly Func<string, LabPlan> planOf;
    private readonly SemaphoreSlim turns = new(1, 1);
    private volatile IReadOnlyDictionary<string, IReadOnlyList<NetworkFault>> known = new Dictionary<string, IReadOnlyList<NetworkFault>>();
    private readonly Lock gate = new();
    private ITimer? timer;
    private bool isDisposed;

    /// <param name="parts">The network, the clock, the paths.</param>
    /// <param name="events">Told of what is made worse and healed.</param>
    /// <param name="planOf">A lab's plan; throws where there is no such lab.</param>
    internal LabFaults(EngineParts parts, EventLog events, Func<string, LabPlan> planOf) => (this.parts, this.events, this.planOf) = (parts, events, planOf);

    /// <summary>The faults of a lab; empty where there are none.</summary>
    public IReadOnlyList<NetworkFault> Of(string lab) => known.GetValueOrDefault(lab) ?? [];

    /// <summary>Adds faults; one of the same kind for the same machines is replaced.</summary>
    /// <exception cref="QemuLabException">There is no such lab, or its network cannot do it; nothing is changed then.</exception>
    public Task<IReadOnlyList<NetworkFault>> AddAsync(string lab, IReadOnlyList<NetworkFault> added, CancellationToken cancellation = default) =>
        ChangeAsync(lab, before => [.. before.Where(fault => !added.Any(fault.IsSameAs)), .. added], cancellation);

    /// <summary>Heals what concerns one of the machines, or everything of the lab.</summary>
    /// <returns>What is left.</returns>
    public Task<IReadOnlyList<NetworkFault>> HealAsync(string lab, IReadOnlyCollection<string>? machines, CancellationToken cancellation = default) =>
        ChangeAsync(lab, before => machines is null ? [] : [.. before.Where(fault => !machines.Any(fault.Concerns))], cancellation);

    /// <summary>Takes up what a former daemon's labs had, after their networks are up again.</summary>
    internal async Task RecallAsync(IEnumerable<string> labs, CancellationToken cancellation)
    {
        foreach (string lab in labs)
        {
            DateTimeOffset now = parts.Clock.GetUtcNow();
            if (Read(lab) is { Count: > 0 } before)
            {
                Keep(lab, before);
                await TryAsync(lab, () => ChangeAsync(lab, all => [.. all.Where(fault => fault.Until is not { } until || until > now)], cancellation));
            }
        }
    }

    /// <summary>The lab ends: its links are good again as long as they are there.</summary>
    internal async Task EndAsync(string lab)
    {
        if (Of(lab).Count > 0)
        {
            await TryAsync(lab, () => HealAsync(lab, null));
            Keep(lab, []);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            timer?.Dispose();
        }

        turns.Dispose();
    }

    private async Task<IReadOnlyList<NetworkFault>> ChangeAsync(string lab, Func<IReadOnlyList<NetworkFault>, IReadOnlyList<NetworkFault>> change, CancellationToken cancellation)
    {
        LabPlan plan = planOf(lab);
        await turns.WaitAsync(cancellation);
        try
        {
            IReadOnlyList<NetworkFault> before = Of(lab), after = change(before);
            foreach (NetworkPlan network in plan.Networks)
            {
                NetworkFault[] wanted = [.. after.Where(fault => fault.Network == network.Network)];
                if (wanted.Length > 0 || before.Any(fault => fault.Network == network.Network))
                {
                    await parts.Network.ImpairAsync(network, NetworkFault.Together(wanted), cancellation);
                }
            }

            Keep(lab, after);
            Write(lab, after);
            Tell(lab, before.Except(after), "Healed");
            Tell(lab, after.Except(before), "Impaired");
            return after;
        }
        finally
        {
            turns.Release();
        }
    }

    private void Tell(string lab, IEnumerable<NetworkFault> faults, string word)
    {
        foreach (NetworkFault fault in faults)
        {
            events.Add(LabEventKind.Network, lab, fault.Machine, word, fault.TextFor(fault.Machine));
        }
    }

    /// <summary>Makes them known, and sets the clock for the next one that heals by itself.</summary>
    private void Keep(string lab, IReadOnlyList<NetworkFault> faults)
    {
        lock (gate)
        {
            known = new Dictionary<string, IReadOnlyList<NetworkFault>>(known) { [lab] = faults };
            SetTimer();
        }
    }

    /// <summary>Sets the clock for the next fault that heals by itself. The caller holds the gate.</summary>
    private void SetTimer()
    {
        timer?.Dispose();
        timer = known.Values.SelectMany(all => all).Min(fault => fault.Until) is { } due
            ? parts.Clock.CreateTimer(_ => _ = HealDueAsync(), null, Within(due - parts.Clock.GetUtcNow()), Timeout.InfiniteTimeSpan)
            : null;
    }

    /// <summary>A timer cannot wait longer than some weeks, and one of no time at all would spin.</summary>
    private static TimeSpan Within(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, TimeSpan.FromDays(20).TotalMilliseconds));

    private async Task HealDueAsync()
    {
        DateTimeOffset now = parts.Clock.GetUtcNow();
        foreach (string lab in known.Where(pair => pair.Value.Any(fault => fault.Until <= now)).Select(pair => pair.Key))
        {
            await TryAsync(lab, () => ChangeAsync(lab, before => [.. before.Where(fault => !(fault.Until <= now))], CancellationToken.None));
        }

        // A timer runs on the steady clock and may be early by the clock on the wall, which is set now and then: look again.
        lock (gate)
        {
            if (!isDisposed)
            {
                SetTimer();
            }
        }
    }

    /// <summary>What nobody waits for: its failure is told as an event, and nothing more is tried for it.</summary>
    private async Task TryAsync(string lab, Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (Exception failure) when (failure is QemuLabException or IOException or UnauthorizedAccessException)
        {
            DateTimeOffset now = parts.Clock.GetUtcNow();
            Keep(lab, [.. Of(lab).Where(fault => !(fault.Until <= now))]);
            events.Add(LabEventKind.Warning, lab, null, "not-healed", $"the network of lab {lab} could not be changed: {failure.Message}");
        }
    }

    private string PathOf(string lab) => Path.Combine(parts.Paths.Run(lab), FileName);

    private IReadOnlyList<NetworkFault> Read(string lab)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(lab)), LabFaultsJson.Default.IReadOnlyListNetworkFault) ?? [];
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException)
        {
            return [];
        }
    }

    /// <summary>For the next daemon. Where the lab's folder of sockets has gone, there is nothing that it could find.</summary>
    private void Write(string lab, IReadOnlyList<NetworkFault> faults)
    {
        if (!Directory.Exists(parts.Paths.Run(lab)))
        {
            return;
        }

        if (faults.Count == 0)
        {
            File.Delete(PathOf(lab));
        }
        else
        {
            AtomicFile.Write(PathOf(lab), JsonSerializer.SerializeToUtf8Bytes(faults, LabFaultsJson.Default.IReadOnlyListNetworkFault), durable: false);
        }
    }
}

[JsonSerializable(typeof(IReadOnlyList<NetworkFault>))]
internal sealed partial class LabFaultsJson : JsonSerializerContext;
