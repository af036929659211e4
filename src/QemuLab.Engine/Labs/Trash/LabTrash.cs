using System.Globalization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Deletes machines into a trash, from which they can be recovered until it is emptied.</summary>
public sealed class LabTrash
{
    private readonly EngineParts parts;
    private readonly EventLog events;
    private readonly LabReconciler reconciler;
    private readonly MachineTrash trash;
    private readonly LabRegistry labs;
    private readonly LabLauncher launcher;

    internal LabTrash(EngineParts parts, EventLog events, LabReconciler reconciler, LabRegistry labs, LabLauncher launcher, DiskReserve reserve)
    {
        (this.parts, this.events, this.reconciler, this.labs, this.launcher) = (parts, events, reconciler, labs, launcher);
        trash = new MachineTrash(parts.Paths, reserve);
    }

    /// <summary>What can be recovered, the oldest first. What is purged meanwhile is not among it.</summary>
    public IReadOnlyList<TrashStatus> All() => [.. from one in trash.All() let bytes = trash.TryMeasure(one) where bytes is not null select Status(one, bytes.Value)];

    /// <summary>The images that deleted machines' disks stand on.</summary>
    public IEnumerable<string> BackingPaths => trash.All().SelectMany(one => one.BackingPaths);

    /// <summary>Moves a machine with all its disks and snapshots into the trash.</summary>
    /// <param name="lab">The lab's name.</param>
    /// <param name="name">The machine's.</param>
    /// <param name="force">Also where it runs: it is ended at once then.</param>
    /// <param name="cancellation">Ends the wait for the lab's turn.</param>
    /// <exception cref="QemuLabException">There is no such machine, or it runs and it is not forced.</exception>
    public async Task<TrashStatus> DeleteAsync(string lab, string name, bool force, CancellationToken cancellation = default)
    {
        using LabGate.Turn turn = await labs.Gate(lab).EnterAsync(cancellation);
        LabEntry entry = labs.Entry(lab);
        VirtualMachine machine = entry.Find(name) ?? throw NotFound(entry, name);
        if (machine.Status.IsUp && !force)
        {
            throw new QemuLabException(ErrorKind.Conflict, "machine-not-stopped", $"{name} is {machine.Status.State}, and is not deleted while it runs", $"stop it first: qemulab stop {name}; or say that you mean it: --force");
        }

        return await DeleteAsync(entry, machine);
    }

    /// <summary>The same, within a turn of the lab.</summary>
    internal async Task<TrashStatus> DeleteAsync(LabEntry entry, VirtualMachine machine)
    {
        string name = machine.Plan.Name;
        await reconciler.StopMachineAsync(entry, machine, new StopOptions(TimeSpan.Zero), CancellationToken.None);
        TrashedMachine deleted = Note(entry, machine.Plan);
        FaultPoint.Reach("delete-begun");
        trash.Put(deleted);
        try
        {
            reconciler.Records.Forget(entry, name);
        }
        catch
        {
            trash.TakeOut(deleted);
            trash.Settled(deleted.Lab, deleted.Machine);
            throw;
        }

        FaultPoint.Reach("delete-forgotten");
        entry.Remove(machine);
        await machine.DisposeAsync();
        events.Add(LabEventKind.State, entry.Name, name, "Deleted", $"recover it: qemulab recover {name}");
        if (entry.Machines.Count == 0)
        {
            await reconciler.TakeNetworkDownAsync(entry, CancellationToken.None);
            launcher.ForgetIfEmpty(entry);
        }

        return Status(deleted, trash.TryMeasure(deleted) ?? 0);
    }

    /// <summary>Puts a deleted machine back as it was, stopped; its lab too where that is gone.</summary>
    /// <param name="name">An id, MACHINE or LAB/MACHINE; of several of that name the one that was deleted last.</param>
    /// <param name="cancellation">Ends the wait for the lab's turn.</param>
    /// <exception cref="QemuLabException">Nothing of that name was deleted, or the lab has a machine of its name.</exception>
    public async Task<TrashStatus> RecoverAsync(string name, CancellationToken cancellation = default)
    {
        TrashedMachine found = Find(name);
        using LabGate.Turn turn = await labs.Gate(found.Lab).EnterAsync(cancellation);
        LabEntry entry = await launcher.ReviveAsync(found.Lab, found.Source, found.Allocations, turn.Cancellation);
        try
        {
            if (entry.Find(found.Machine) is not null || trash.IsTaken(found))
            {
                throw new QemuLabException(ErrorKind.Conflict, "machine-exists", $"lab {found.Lab} has a machine {found.Machine} already", $"delete that one first: qemulab delete {found.Machine}");
            }

            MachineRecord record = found.Record with { Wanted = MachineWanted.Stopped, LeftoverOf = entry.Plan.Machines.Any(plan => plan.Name == found.Machine) ? null : found.Source };
            MachinePlan plan = await launcher.PlanAsync(entry, found.Machine, record, turn.Cancellation);
            long bytes = trash.BytesOf(found);
            trash.TakeOut(found);
            try
            {
                reconciler.Records.Update(entry, known => WithPlaces(known.With(found.Machine, record), found));
            }
            catch
            {
                trash.PutBack(found);
                throw;
            }

            FaultPoint.Reach("recover-recorded");
            VirtualMachine machine = entry.AddOrGet(plan, reconciler.Launcher.Make);
            trash.Settled(found.Lab, found.Machine);
            if (record.Suspension is not null)
            {
                await machine.PostAsync(new MachineMessage.Suspended());
            }

            events.Add(LabEventKind.State, found.Lab, found.Machine, "Recovered", $"start it: qemulab start {found.Machine}");
            return new TrashStatus(found.Id, found.Lab, found.Machine, found.DeletedAt, bytes);
        }
        finally
        {
            launcher.ForgetIfEmpty(entry);
        }
    }

    /// <summary>Removes a deleted machine for good.</summary>
    /// <inheritdoc cref="RecoverAsync" path="/param[@name='name']"/>
    /// <exception cref="QemuLabException">Nothing of that name was deleted.</exception>
    public TrashStatus Purge(string name)
    {
        TrashedMachine found = Find(name);
        TrashStatus purged = Status(found, trash.BytesOf(found));
        trash.Remove(found);
        events.Add(LabEventKind.State, found.Lab, found.Machine, "Purged", null);
        return purged;
    }

    /// <summary>Finishes what was under way when a former daemon ended; before its labs are taken up.</summary>
    /// <returns>The records, without the machines that have gone.</returns>
    internal IReadOnlyDictionary<string, LabRecord> Recover(IReadOnlyDictionary<string, LabRecord> records)
    {
        trash.Recover((lab, machine) => records.GetValueOrDefault(lab)?.Machines.ContainsKey(machine) ?? false);
        return records.ToDictionary(pair => pair.Key, pair => pair.Value.Machines.Keys.Where(machine => trash.HasMoved(pair.Key, machine)).Aggregate(pair.Value, (record, gone) => record.Without(gone)));
    }

    private TrashedMachine Note(LabEntry entry, MachinePlan plan)
    {
        DateTimeOffset now = parts.Clock.GetUtcNow();
        string id = $"{entry.Name}.{plan.Name}.{now.ToString("yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture)}";
        MachineRecord record = entry.Record.Machines[plan.Name];
        Dictionary<string, TrashedSnapshot> places = entry.Record.Snapshots
            .Where(pair => pair.Value.Machines.ContainsKey(plan.Name))
            .ToDictionary(pair => pair.Key, pair => new TrashedSnapshot(pair.Value.CreatedAt, pair.Value.Machines[plan.Name]));
        return new TrashedMachine(id, entry.Name, plan.Name, now, record, record.LeftoverOf ?? entry.Record.Source, entry.Record.Allocations, places, [.. plan.Disks.Select(disk => disk.BackingPath).OfType<string>()]);
    }

    /// <summary>Its places in the snapshots that are still there; where one has gone with its last machine, that is back too.</summary>
    private static LabRecord WithPlaces(LabRecord record, TrashedMachine found)
    {
        foreach ((string name, TrashedSnapshot place) in found.Snapshots)
        {
            SnapshotRecord snapshot = record.Snapshots.GetValueOrDefault(name) ?? new SnapshotRecord(SnapshotState.Whole, place.CreatedAt, new Dictionary<string, MachineSnapshot>());
            if (snapshot.CreatedAt == place.CreatedAt)
            {
                record = record.WithSnapshot(name, snapshot with { Machines = new Dictionary<string, MachineSnapshot>(snapshot.Machines) { [found.Machine] = place.Content } });
            }
        }

        return record;
    }

    private static TrashStatus Status(TrashedMachine one, long bytes) => new(one.Id, one.Lab, one.Machine, one.DeletedAt, bytes);

    private TrashedMachine Find(string name)
    {
        IReadOnlyList<TrashedMachine> all = trash.All();
        return all.LastOrDefault(one => one.Id == name || one.Machine == name || $"{one.Lab}/{one.Machine}" == name)
            ?? throw new QemuLabException(ErrorKind.NotFound, "not-in-trash", $"no machine '{name}' was deleted", NearestName.Of(name, all.Select(one => one.Machine)) is { } nearest ? $"did you mean {nearest}?" : all.Count > 0 ? "what was: qemulab list --deleted" : "the trash is empty");
    }

    private static QemuLabException NotFound(LabEntry entry, string name) =>
        new(ErrorKind.NotFound, "machine-not-found", $"there is no machine '{name}' in lab {entry.Name}", "run: qemulab list");
}
