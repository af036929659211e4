namespace QemuLab.Engine.Labs;

/// <summary>Changes labs' records, one at a time, on disk before in memory.</summary>
internal sealed class LabRecords(LabStore store)
{
    private readonly Lock gate = new();

    public void Save(LabEntry entry, LabRecord record) => Change(entry, _ => record);

    public void Remember(LabEntry entry, string machine, MachineRecord record) => Change(entry, known => known.With(machine, record));

    /// <summary>Makes a change of a machine's record; nothing happens where it has none.</summary>
    public void Change(LabEntry entry, string machine, Func<MachineRecord, MachineRecord> change) =>
        Change(entry, known => known.Machines.TryGetValue(machine, out MachineRecord? record) ? known.With(machine, change(record)) : known);

    public void Forget(LabEntry entry, string machine) => Change(entry, known => known.Without(machine));

    /// <summary>Makes a change of the record that is there now.</summary>
    public void Update(LabEntry entry, Func<LabRecord, LabRecord> change) => Change(entry, change);

    private void Change(LabEntry entry, Func<LabRecord, LabRecord> change)
    {
        lock (gate)
        {
            LabRecord changed = change(entry.Record);
            store.Write(entry.Name, changed);
            entry.Record = changed;
        }
    }
}
