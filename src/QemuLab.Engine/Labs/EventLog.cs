using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace QemuLab.Engine.Labs;

/// <summary>The last events, and everyone who listens for more. A slow listener loses the oldest of its own backlog, never anyone else's.</summary>
/// <param name="clock">Stamps the events.</param>
/// <param name="capacity">How many are kept for those who come later.</param>
public sealed class EventLog(TimeProvider clock, int capacity = 2000)
{
    private readonly Lock gate = new();
    private readonly Queue<LabEvent> kept = new();
    private readonly List<Channel<LabEvent>> listeners = [];
    private readonly List<(string Lab, IProgress<LabEvent> Sink)> sinks = [];
    private long lastId;

    /// <summary>Tells the sink of each event of one lab, at once and in order, until the result is disposed.</summary>
    public IDisposable Subscribe(string lab, IProgress<LabEvent> sink)
    {
        lock (gate)
        {
            sinks.Add((lab, sink));
        }

        return new Subscription(this, (lab, sink));
    }

    /// <summary>Records an event and hands it to every listener.</summary>
    public LabEvent Add(LabEventKind kind, string lab, string? machine, string word, string? message = null, long? done = null, long? total = null)
    {
        lock (gate)
        {
            bool keep = kind != LabEventKind.Image && (kind != LabEventKind.Snapshot || machine is null);
            LabEvent happened = new(keep ? ++lastId : 0, clock.GetUtcNow(), kind, lab, machine, word, message) { Done = done, Total = total };
            if (keep)
            {
                kept.Enqueue(happened);
                if (kept.Count > capacity)
                {
                    kept.Dequeue();
                }
            }

            foreach (Channel<LabEvent> listener in listeners)
            {
                listener.Writer.TryWrite(happened);
            }

            foreach ((string _, IProgress<LabEvent> sink) in sinks.Where(entry => entry.Lab == lab))
            {
                sink.Report(happened);
            }

            return happened;
        }
    }

    /// <summary>Of the newest event that has one; 0: there is none yet.</summary>
    public long LastId
    {
        get
        {
            lock (gate)
            {
                return lastId;
            }
        }
    }

    /// <summary>The events kept with an id above <paramref name="after"/>.</summary>
    public IReadOnlyList<LabEvent> Since(long after)
    {
        lock (gate)
        {
            return [.. kept.Where(happened => happened.Id > after)];
        }
    }

    /// <summary>Replays the events above <paramref name="after"/>, then goes on with new ones until cancelled: each time all that there are by then.</summary>
    /// <param name="after">An id; null: only new ones.</param>
    public async IAsyncEnumerable<IReadOnlyList<LabEvent>> FollowAsync(long? after, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var channel = Channel.CreateBounded<LabEvent>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (gate)
        {
            if (after is { } id)
            {
                foreach (LabEvent happened in kept.Where(happened => happened.Id > id))
                {
                    channel.Writer.TryWrite(happened);
                }
            }

            listeners.Add(channel);
        }

        try
        {
            while (await channel.Reader.WaitToReadAsync(cancellation))
            {
                var batch = new List<LabEvent>();
                while (channel.Reader.TryRead(out LabEvent? happened))
                {
                    batch.Add(happened);
                }

                yield return batch;
            }
        }
        finally
        {
            lock (gate)
            {
                listeners.Remove(channel);
            }
        }
    }

    private sealed class Subscription(EventLog log, (string, IProgress<LabEvent>) entry) : IDisposable
    {
        public void Dispose()
        {
            lock (log.gate)
            {
                log.sinks.Remove(entry);
            }
        }
    }
}
