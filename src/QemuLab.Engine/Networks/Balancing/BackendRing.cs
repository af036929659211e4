namespace QemuLab.Engine.Networks.Balancing;

/// <summary>The machines behind one port, in turn. For any number of threads.</summary>
/// <param name="isThere">Whether the machine of that name runs; one that does not is passed over.</param>
/// <param name="time">Tells how long ago a machine was silent.</param>
internal sealed class BackendRing(Func<string, bool> isThere, TimeProvider time) : IDisposable
{
    /// <summary>A machine that did not answer (it boots, or is cut off) is asked last for so long, so that not every client waits for it.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private IReadOnlyList<Backend> backends = [];
    private uint turn;

    /// <summary>Puts these in the place of the former; one that was there already goes on as it is.</summary>
    /// <exception cref="FormatException">An address is none; nothing is changed.</exception>
    public void Set(IReadOnlyList<PublishedBackend> told)
    {
        Backend[] gone;
        lock (gate)
        {
            Backend[] next = [.. told.Select(one => backends.FirstOrDefault(known => known.Told == one) ?? new Backend(one))];
            gone = [.. backends.Except(next)];
            backends = next;
        }

        Array.ForEach(gone, backend => backend.Dispose());
    }

    /// <summary>All that run, beginning with the one whose turn it is; those that were silent lately come last.</summary>
    public IReadOnlyList<Backend> Next()
    {
        long now = time.GetTimestamp();
        lock (gate)
        {
            Backend[] there = [.. backends.Where(backend => isThere(backend.Told.Machine))];
            if (there.Length == 0)
            {
                return [];
            }

            // Turns are counted among those that answer, so that one that does not costs its neighbour nothing.
            Backend[] answering = [.. there.Where(backend => backend.SilentUntil <= now)];
            Backend[] silent = [.. there.Except(answering)];
            uint first = turn++;
            return [.. Rotated(answering, first), .. Rotated(silent, first)];
        }
    }

    /// <summary>The one whose turn it was did not take it: the next one does, and has had its own with it.</summary>
    public void Pass()
    {
        lock (gate)
        {
            turn++;
        }
    }

    /// <summary>The machine did not answer.</summary>
    public void Silent(Backend backend)
    {
        lock (gate)
        {
            backend.SilentUntil = time.GetTimestamp() + (long)(Silence.TotalSeconds * time.TimestampFrequency);
        }
    }

    public void Dispose() => Set([]);

    private static IEnumerable<Backend> Rotated(Backend[] some, uint first) => some.Select((_, i) => some[(int)((first + (uint)i) % (uint)some.Length)]);
}
