namespace QemuLab.Engine.Labs;

/// <summary>
/// Changes labs' records, on disk before in memory. Changes that come while one is being written are written together:
/// fifty machines that start at once do not wait for fifty disk flushes, one after another.
/// </summary>
internal sealed class LabRecords(LabStore store)
{
    private readonly Lock writing = new();
    private readonly Lock gate = new();
    private List<Pending> waiting = [];

    public void Remember(LabEntry entry, string machine, MachineRecord record) => Update(entry, known => known.With(machine, record));

    /// <summary>Makes a change of a machine's record; nothing happens where it has none.</summary>
    public void Change(LabEntry entry, string machine, Func<MachineRecord, MachineRecord> change) =>
        Update(entry, known => known.Machines.TryGetValue(machine, out MachineRecord? record) ? known.With(machine, change(record)) : known);

    /// <summary>A restart is over. One that was cut off between its halves leaves what a stop leaves.</summary>
    public void EndRestart(LabEntry entry, string machine)
    {
        if (entry.Record.Machines.GetValueOrDefault(machine)?.IsRestarting == true)
        {
            Change(entry, machine, record => record.IsRestarting ? record with { Wanted = MachineWanted.Stopped, IsRestarting = false } : record);
        }
    }

    public void Forget(LabEntry entry, string machine) => Update(entry, known => known.Without(machine));

    /// <summary>Makes a change of the record that is there now; returns once it is on disk.</summary>
    public void Update(LabEntry entry, Func<LabRecord, LabRecord> change)
    {
        var mine = new Pending(entry, change);
        lock (gate)
        {
            waiting.Add(mine);
        }

        lock (writing)
        {
            // Whoever was before us may have written ours with its own.
            if (!mine.IsDone)
            {
                List<Pending> all;
                lock (gate)
                {
                    (all, waiting) = (waiting, []);
                }

                foreach (IGrouping<LabEntry, Pending> ofLab in all.GroupBy(one => one.Entry))
                {
                    Write(ofLab.Key, [.. ofLab]);
                }
            }
        }

        mine.Fault?.Throw();
    }

    private void Write(LabEntry entry, IReadOnlyList<Pending> changes)
    {
        try
        {
            LabRecord changed = changes.Aggregate(entry.Record, (record, change) => change.Make(record));
            store.Write(entry.Name, changed);
            entry.Record = changed;
        }
        catch (Exception fault)
        {
            foreach (Pending change in changes)
            {
                change.Fault = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(fault);
            }
        }

        foreach (Pending change in changes)
        {
            change.IsDone = true;
        }
    }

    /// <summary>One that waits to be written. Who made it reads it under the lock that it is written under.</summary>
    private sealed record Pending(LabEntry Entry, Func<LabRecord, LabRecord> Make)
    {
        public bool IsDone { get; set; }

        public System.Runtime.ExceptionServices.ExceptionDispatchInfo? Fault { get; set; }
    }
}
