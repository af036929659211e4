namespace QemuLab.Engine.Networks;

/// <summary>Which port a station was last heard on; forgotten after a time, and bounded, so that no guest can fill the memory.</summary>
internal sealed class MacTable(TimeProvider time, TimeSpan ageing, int capacity)
{
    private readonly Dictionary<ulong, Entry> entries = [];

    private readonly record struct Entry(int Port, long Heard);

    public int Count => entries.Count;

    public void Learn(ulong station, int port)
    {
        if (entries.Count >= capacity && !entries.ContainsKey(station))
        {
            ForgetSilent();
            if (entries.Count >= capacity)
            {
                return;
            }
        }

        entries[station] = new Entry(port, time.GetTimestamp());
    }

    /// <summary>-1 where the station has not been heard of lately.</summary>
    public int Find(ulong station) =>
        entries.TryGetValue(station, out Entry entry) && !IsSilent(entry) ? entry.Port : -1;

    public void ForgetPort(int port) => Forget(entry => entry.Port == port);

    private void ForgetSilent() => Forget(IsSilent);

    private bool IsSilent(Entry entry) => time.GetElapsedTime(entry.Heard) > ageing;

    private void Forget(Predicate<Entry> which)
    {
        foreach ((ulong station, Entry entry) in entries)
        {
            if (which(entry))
            {
                entries.Remove(station);
            }
        }
    }
}
