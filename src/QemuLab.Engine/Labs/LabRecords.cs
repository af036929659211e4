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
    private bool isWriterCalled;

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

    /// <inheritdoc cref="Change"/>
    public Task ChangeAsync(LabEntry entry, string machine, Func<MachineRecord, MachineRecord> change) =>
        UpdateAsync(entry, known => known.Machines.TryGetValue(machine, out MachineRecord? record) ? known.With(machine, change(record)) : known);

    /// <summary>Makes a change of the record that is there now; returns once it is on disk.</summary>
    public void Update(LabEntry entry, Func<LabRecord, LabRecord> change)
    {
        Pending mine = Add(entry, change);
        WriteAll();
        mine.Written.Task.GetAwaiter().GetResult();
    }

    /// <summary>Makes a change of the record that is there now, with all others that are asked for meanwhile; completes once it is on disk.</summary>
    public Task UpdateAsync(LabEntry entry, Func<LabRecord, LabRecord> change)
    {
        Pending mine = Add(entry, change);
        if (!Interlocked.Exchange(ref isWriterCalled, true))
        {
            _ = Task.Run(WriteAll);
        }

        return mine.Written.Task;
    }

    /// <summary>Completes when all that was asked for is on disk, or has failed.</summary>
    public Task SettledAsync() => Task.Run(WriteAll);

    private Pending Add(LabEntry entry, Func<LabRecord, LabRecord> change)
    {
        var mine = new Pending(entry, change);
        lock (gate)
        {
            waiting.Add(mine);
        }

        return mine;
    }

    /// <summary>Whoever was before us may have written ours with its own: then there is nothing left to do.</summary>
    private void WriteAll()
    {
        lock (writing)
        {
            Volatile.Write(ref isWriterCalled, false);
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
                change.Written.TrySetException(fault);
            }
        }

        foreach (Pending change in changes)
        {
            change.Written.TrySetResult();
        }
    }

    /// <summary>One that waits to be written.</summary>
    private sealed record Pending(LabEntry Entry, Func<LabRecord, LabRecord> Make)
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
