namespace QemuLab.Tests.Fakes;

/// <summary>A clock with timers that stands still until it is told to move, and then fires what has come due.</summary>
internal sealed class ManualTimeProvider(DateTimeOffset? begin = null) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Timer> timers = [];
    private DateTimeOffset now = begin ?? new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan slept;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers have not come due yet.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
            {
                return timers.Count;
            }
        }
    }

    public override DateTimeOffset GetUtcNow() => now;

    public override long GetTimestamp() => (now - slept).UtcTicks;

    /// <summary>The wall clock goes ahead, and the steady one does not: no timer comes due.</summary>
    public void Sleep(TimeSpan by)
    {
        lock (gate)
        {
            (now, slept) = (now + by, slept + by);
            timers.ForEach(timer => timer.Put(by));
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        List<Timer> due;
        lock (gate)
        {
            now += by;
            due = [.. timers.Where(timer => timer.Due <= now)];
            timers.RemoveAll(due.Contains);
        }

        due.ForEach(timer => timer.Fire());
    }


    private sealed class Timer(ManualTimeProvider clock, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public Action Fire { get; } = fire;

        public void Put(TimeSpan off) => Due += off;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock.now + dueTime;
                    clock.timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
