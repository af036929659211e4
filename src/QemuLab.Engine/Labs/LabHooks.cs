using System.Collections.Concurrent;
using System.Globalization;
using QemuLab.Engine.Hooks;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>A hook as it is seen.</summary>
/// <param name="Number">Its place in the lab file, from 1.</param>
/// <param name="Last">Its newest run that is kept; null where there is none.</param>
public sealed record HookStatus(string Lab, int Number, HookSpec Hook, HookRun? Last);

/// <summary>
/// The labs' hooks: told of each new status of their machines, they are run in the background. What a hook was told is kept
/// before it runs: it is run once, or, where the host loses power at that moment, not at all; never twice.
/// </summary>
public sealed class LabHooks : IAsyncDisposable
{
    /// <summary>How many run at the same time, of all labs.</summary>
    private const int Width = 16;

    /// <summary>How many may wait for one machine: one that fails again and again does not fill the memory.</summary>
    private const int Depth = 100;

    private readonly EngineParts parts;
    private readonly EventLog events;
    private readonly LabRegistry labs;
    private readonly HookPost post;
    private readonly HookRunner runner;
    private readonly HookQueue queue = new(Width, Depth);
    private readonly ConcurrentDictionary<string, Told> told = new(StringComparer.Ordinal);

    internal LabHooks(EngineParts parts, EventLog events, LabRegistry labs)
    {
        (this.parts, this.events, this.labs) = (parts, events, labs);
        post = new HookPost(parts.Clock);
        runner = new HookRunner(parts.Runner, post, parts.Clock, parts.Paths.Home);
        labs.Forgotten = Forget;
    }

    /// <summary>A lab's hooks, in its file's order.</summary>
    public IReadOnlyList<HookStatus> Of(string lab)
    {
        IReadOnlyList<HookRun> runs = Runs(lab);
        return [.. labs.Entry(lab).Plan.Hooks.Select((hook, i) => new HookStatus(lab, i + 1, hook, runs.LastOrDefault(run => run.Hook == i + 1)))];
    }

    /// <summary>The runs of a lab's hooks that are kept, the oldest first.</summary>
    public IReadOnlyList<HookRun> Runs(string lab) => new HookFiles(parts.Paths, labs.Entry(lab).Name).ReadRuns();

    /// <summary>Runs a lab's hooks for an event that has not happened, and waits for them.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="happened">The event.</param>
    /// <param name="machine">Whose it would be; null for the lab's own.</param>
    /// <param name="cancellation">Ends those that run.</param>
    /// <exception cref="QemuLabException">There is no such machine, or no hook is for that.</exception>
    public async Task<IReadOnlyList<HookRun>> TryAsync(string lab, HookEvent happened, string? machine, CancellationToken cancellation)
    {
        LabEntry entry = labs.Entry(lab);
        MachineStatus? status = machine is null ? null : entry.Find(machine)?.Status
            ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"lab '{lab}' has no machine '{machine}'", "run: qemulab list");
        (HookSpec Hook, int Number)[] meant = [.. Meant(entry.Plan.Hooks, happened, machine)];
        if (meant.Length == 0)
        {
            string whose = machine is null ? "" : $" of {machine}";
            throw new QemuLabException(ErrorKind.NotFound, "no-hook", $"no hook of lab {lab} is for {happened.Word()}{whose}", $"run: qemulab hook list {lab}");
        }

        HookNote note = NoteOf(entry, happened, status, []) with { IsTrial = true };
        HookFiles files = told.GetOrAdd(entry.Name, name => Read(name, isAdopting: false)).Files;
        return await Task.WhenAll(meant.Select(one => RunAsync(files, entry.Name, one.Hook, one.Number, note, cancellation)));
    }

    public async ValueTask DisposeAsync()
    {
        await queue.DisposeAsync();
        post.Dispose();
    }

    /// <summary>The lab's machines are about to be taken up, as a former daemon has left them.</summary>
    internal void Load(string lab) => told[lab] = Read(lab, isAdopting: true);

    /// <summary>They have been taken up.</summary>
    internal void Open(string lab)
    {
        if (told.TryGetValue(lab, out Told? known))
        {
            lock (known.Gate)
            {
                known.Marks.Open();
            }
        }
    }

    /// <summary>A machine's status is another one now.</summary>
    internal void OnChange(LabEntry entry, MachineStatus now)
    {
        Told known = told.GetOrAdd(entry.Name, name => Read(name, isAdopting: false));
        LabPlan plan = entry.Plan;
        lock (known.Gate)
        {
            string[] toRun = [.. plan.Machines.Where(machine => machine.Spec.RunStrategy != RunStrategy.Halted).Select(machine => machine.Name)];
            (IReadOnlyList<HookEvent> happened, HookMark before, bool changed) = known.Marks.Learn(now, toRun);
            if (plan.Hooks.Count == 0 || !changed)
            {
                return;
            }

            Task<bool> kept = KeepAsync(known);
            foreach (HookEvent one in happened)
            {
                Enqueue(known.Files, entry, one, now, before, kept);
            }
        }
    }

    private static IEnumerable<(HookSpec Hook, int Number)> Meant(IReadOnlyList<HookSpec> hooks, HookEvent happened, string? machine) =>
        hooks.Select((hook, i) => (hook, i + 1)).Where(one => one.hook.IsFor(happened, machine));

    private void Enqueue(HookFiles files, LabEntry entry, HookEvent happened, MachineStatus now, HookMark before, Task kept)
    {
        string? machine = happened.IsOfLab() ? null : now.Name;
        foreach ((HookSpec hook, int number) in Meant(entry.Plan.Hooks, happened, machine))
        {
            HookNote note = NoteOf(entry, happened, machine is null ? null : now, happened == HookEvent.Alarm ? [.. before.NewAlarms(now)] : []);
            bool taken = queue.TryAdd($"{entry.Name}/{machine}", async cancellation =>
            {
                await kept.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await RunAsync(files, entry.Name, hook, number, note, cancellation);
            });
            if (!taken)
            {
                events.Add(LabEventKind.Warning, entry.Name, machine, "hook-dropped", $"hook {number} is not run for {happened.Word()}: {Depth} wait before it");
            }
        }
    }

    /// <param name="files">Those of the lab when it happened: they are closed where it has gone since.</param>
    /// <param name="lab">The lab's name.</param>
    /// <param name="hook">What is run.</param>
    /// <param name="number">Its place in the lab file, from 1.</param>
    /// <param name="note">What it is told.</param>
    /// <param name="cancellation">Ends it.</param>
    private async Task<HookRun> RunAsync(HookFiles files, string lab, HookSpec hook, int number, HookNote note, CancellationToken cancellation)
    {
        HookRun run = await runner.RunAsync(hook, number, note, cancellation);
        files.Append(run);
        string what = string.Create(CultureInfo.InvariantCulture, $"hook {number} ({run.Action}) for {run.Event}");
        if (run.Outcome == HookOutcome.Done)
        {
            events.Add(LabEventKind.Hook, lab, run.Machine, "Ran", string.Create(CultureInfo.InvariantCulture, $"{what}, {run.Seconds:0.0}s"));
        }
        else
        {
            events.Add(LabEventKind.Warning, lab, run.Machine, "hook-failed", $"{what}: {run.Message}");
        }

        return run;
    }

    private HookNote NoteOf(LabEntry entry, HookEvent happened, MachineStatus? machine, IReadOnlyList<MachineAlarm> alarms) => new()
    {
        Event = happened.Word(),
        Time = parts.Clock.GetUtcNow(),
        Lab = entry.Name,
        Machine = machine is null ? null : MachineOf(entry, machine),
        Machines = machine is null ? [.. entry.Machines.Select(known => MachineOf(entry, known.Status)).OfType<HookMachine>()] : null,
        Alarms = alarms.Count == 0 ? null : [.. alarms.Select(alarm => new HookAlarm(alarm.Kind, alarm.Message))],
    };

    private static HookMachine? MachineOf(LabEntry entry, MachineStatus status) => entry.Find(status.Name)?.Plan is { } plan
        ? new HookMachine(status.Name, status.Group, status.State, status.Phase, status.Reason, plan.Nics[0].Address.ToString(), plan.SshPort, plan.LoginUser, status.ReadyAfter?.TotalSeconds)
        : null;

    private Told Read(string lab, bool isAdopting)
    {
        var files = new HookFiles(parts.Paths, lab);
        return new Told(new LabMarks(files.ReadMarks(), isAdopting), files);
    }

    /// <summary>Writes what the lab's hooks are told, once for all that is told at the same time.</summary>
    private static Task<bool> KeepAsync(Told known) => known.Keeping.AskAsync(() => Task.Run(() =>
    {
        IReadOnlyDictionary<string, HookMark> marks;
        lock (known.Gate)
        {
            marks = known.Marks.Machines;
        }

        known.Files.Write(marks);
        return true;
    }));

    private void Forget(string lab)
    {
        if (told.TryRemove(lab, out Told? known))
        {
            known.Files.Close();
        }
    }

    /// <summary>What is known of one lab.</summary>
    private sealed record Told(LabMarks Marks, HookFiles Files)
    {
        public Lock Gate { get; } = new();

        public CoalescedWork<bool> Keeping { get; } = new();
    }
}
