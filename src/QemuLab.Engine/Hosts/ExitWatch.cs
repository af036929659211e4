using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// Tells when processes end and how, by the kernel's own event for it (pidfd). One thread sleeps for all of them; nothing
/// is asked again and again. Linux only, from 5.4 on.
/// </summary>
internal sealed class ExitWatch
{
    private const int CloseOnExec = 0x80000;

    /// <summary>How long init may take to collect a process that is not our child; only then does the kernel tell how it ended.</summary>
    private static readonly TimeSpan InitLimit = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly List<Watched> watched = [];
    private int wakeUp = -1;

    private ExitWatch()
    {
    }

    /// <summary>The one of this process.</summary>
    public static ExitWatch Shared { get; } = new();

    private sealed record Watched(int PidFd)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>
    /// Watches a process that was not started through <see cref="System.Diagnostics.Process"/>, which collects its own: one that
    /// put itself into the background.
    /// </summary>
    /// <returns>Completes at its end, with null where the kernel does not tell how; null where this kernel has no such event.</returns>
    public Task<ProcessEnd?>? TryWatch(ProcessIdentity process)
    {
        int file = NativeExit.Open(process.ProcessId);
        if (file < 0)
        {
            return process.IsAlive ? null : Task.FromResult<ProcessEnd?>(null);
        }

        if (ProcessIdentity.Of(process.ProcessId) is { } now && now != process)
        {
            _ = NativeFile.Close(file);
            return Task.FromResult<ProcessEnd?>(null);
        }

        var one = new Watched(file);
        lock (gate)
        {
            watched.Add(one);
            WakeUp();
        }

        return EndOfAsync(one);
    }

    private static async Task<ProcessEnd?> EndOfAsync(Watched one)
    {
        await one.Ended.Task;
        try
        {
            if (NativeExit.Reap(one.PidFd) is { } child)
            {
                return child;
            }

            long began = System.Diagnostics.Stopwatch.GetTimestamp();
            ProcessEnd? end;
            while (NativeExit.TryAsk(one.PidFd, out end) && end is null && System.Diagnostics.Stopwatch.GetElapsedTime(began) < InitLimit)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5));
            }

            return end;
        }
        finally
        {
            _ = NativeFile.Close(one.PidFd);
        }
    }

    /// <summary>The thread looks at the list again; it begins with the first process.</summary>
    private unsafe void WakeUp()
    {
        if (wakeUp < 0)
        {
            wakeUp = NativeExit.EventFile(0, CloseOnExec);
            new Thread(Run) { IsBackground = true, Name = "process exits" }.Start();
        }

        ulong one = 1;
        _ = NativeExit.Write(wakeUp, &one, sizeof(ulong));
    }

    private unsafe void Run()
    {
        var list = new PollList();
        Watched[] all = [];
        while (true)
        {
            list.Clear();
            list.Add(wakeUp);
            foreach (Watched one in all)
            {
                list.Add(one.PidFd);
            }

            list.Wait(-1);
            if (list.IsReady(0))
            {
                ulong count;
                _ = NativeExit.Read(wakeUp, &count, sizeof(ulong));
            }

            Watched[] ended = [.. all.Where((_, index) => list.IsReady(index + 1))];
            lock (gate)
            {
                watched.RemoveAll(ended.Contains);
                all = [.. watched];
            }

            foreach (Watched one in ended)
            {
                one.Ended.TrySetResult();
            }
        }
    }
}
