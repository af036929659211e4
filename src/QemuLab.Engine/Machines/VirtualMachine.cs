using System.Threading.Channels;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Machines;

/// <summary>
/// One machine while the daemon knows it: a mailbox, the pure life cycle behind it, and the effects that it asks for. Nothing
/// waits for a machine but its own mailbox, so one that hangs holds up no other.
/// </summary>
public sealed class VirtualMachine : IAsyncDisposable
{
    private readonly Channel<(MachineMessage Message, TaskCompletionSource? Taken)> mailbox = Channel.CreateUnbounded<(MachineMessage, TaskCompletionSource?)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource ended = new();
    private readonly TimeProvider clock;
    private readonly Func<VirtualMachine, CancellationToken, Task> watchReadiness;
    private readonly Action<MachineStatus, MachineStatus> onChange;
    private readonly Func<VirtualMachine, CancellationToken, Task>? awaitRoom;
    private readonly StatusWaiters waiters;
    private readonly Task loop;
    private readonly SemaphoreSlim changes = new(1, 1);
    private readonly SemaphoreSlim switches = new(1, 1);
    private int stops;
    private int waitingStarts;
    private TaskCompletionSource nextStop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LifecycleState state;
    private CancellationTokenSource? watch;
    private IRunningMachine? running;

    /// <param name="plan">What it is made from.</param>
    /// <param name="clock">Time of states and of reminders.</param>
    /// <param name="watchReadiness">Watches a guest come up and posts what it sees; cancelled when the guest goes.</param>
    /// <param name="onChange">Told of each new status, with the old one first.</param>
    /// <param name="awaitRoom">Completes once there is room again for the machine's disks; null: nobody waits for it.</param>
    public VirtualMachine(
        MachinePlan plan, TimeProvider clock, Func<VirtualMachine, CancellationToken, Task> watchReadiness, Action<MachineStatus, MachineStatus> onChange, Func<VirtualMachine, CancellationToken, Task>? awaitRoom = null)
    {
        (Plan, this.clock, this.watchReadiness, this.onChange, this.awaitRoom) = (plan, clock, watchReadiness, onChange, awaitRoom);
        state = new LifecycleState(new MachineStatus
        {
            Lab = plan.Lab,
            Name = plan.Name,
            Group = plan.Spec.Group.Value,
            State = MachineState.Stopped,
            Since = clock.GetUtcNow(),
        });
        waiters = new StatusWaiters(() => Status, Gone);
        loop = Task.Run(RunAsync);
    }

    /// <summary>What it runs with, or will be started with.</summary>
    public MachinePlan Plan { get; set; }

    /// <summary>It is being started to go on with a memory, and does not boot: what is said of its guest before it has that is of no guest.</summary>
    public bool AwaitsMemory { get; set; }

    /// <summary>Its memory is on disk, and its QEMU is ended for that: its guest goes on later.</summary>
    public bool IsBeingSuspended { get; set; }

    /// <summary>It stands still for a moment, to be saved.</summary>
    public bool IsBeingSaved { get; set; }

    /// <summary>The time of its states.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>The newest status; an immutable snapshot.</summary>
    public MachineStatus Status => Volatile.Read(ref state).Status;

    /// <summary>Its control connection; null where it does not run.</summary>
    public IRunningMachine? Running => Status.IsUp ? running : null;

    /// <summary>How often it was asked to stop: a start that waited while it was asked again is out of date.</summary>
    public int Stops => Volatile.Read(ref stops);

    /// <summary>Whether a start of it waits for other machines.</summary>
    public bool AwaitsStart => Volatile.Read(ref waitingStarts) > 0;

    /// <summary>Counts one more time that it is asked to stop.</summary>
    public void CountStop()
    {
        Interlocked.Increment(ref stops);
        Interlocked.Exchange(ref nextStop, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>Lets a start of it wait for other machines.</summary>
    /// <param name="others">Completes when they are there.</param>
    /// <exception cref="QemuLabException">It is asked to stop meanwhile (code <c>start-outdated</c>).</exception>
    public async Task AwaitStartAsync(Task others)
    {
        Interlocked.Increment(ref waitingStarts);
        try
        {
            Task stop = Volatile.Read(ref nextStop).Task;
            if (await Task.WhenAny(others, stop) == stop)
            {
                throw new QemuLabException(ErrorKind.Conflict, "start-outdated", $"{Plan.Name} was asked to stop while this start of it waited", "look at it: qemulab list");
            }

            await others;
        }
        finally
        {
            Interlocked.Decrement(ref waitingStarts);
        }
    }

    /// <summary>Waits until nobody else makes, starts or clears away what belongs to it; disposing the result lets the next one do so.</summary>
    public Task<IDisposable> ChangeAsync(CancellationToken cancellation) => TurnAsync(changes, cancellation);

    /// <summary>Waits until nobody else pauses it, lets it go on or resets it: QEMU does not tell a reset of one that stands still from a start that has not come so far.</summary>
    public Task<IDisposable> SwitchAsync(CancellationToken cancellation) => TurnAsync(switches, cancellation);

    public void Post(MachineMessage message) => mailbox.Writer.TryWrite((message, null));

    /// <summary>Completes when the status tells of the message: for whoever looks at the status next.</summary>
    public Task PostAsync(MachineMessage message)
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return mailbox.Writer.TryWrite((message, taken)) ? Task.WhenAny(taken.Task, loop) : Task.CompletedTask;
    }

    /// <summary>Takes over a machine that has just been started or found; completes when the status tells of it.</summary>
    public Task AttachAsync(IRunningMachine machine, MachineMessage arrival)
    {
        running = machine;
        Task taken = PostAsync(arrival);
        _ = PumpEventsAsync(machine);
        return taken;
    }

    /// <summary>Completes with the first status, from now on, that the condition holds for.</summary>
    /// <exception cref="QemuLabException">The machine goes before that: its status changes no more.</exception>
    public Task<MachineStatus> WhenAsync(Func<MachineStatus, bool> condition, CancellationToken cancellation) => waiters.WhenAsync(condition, cancellation);

    public async ValueTask DisposeAsync()
    {
        mailbox.Writer.TryComplete();
        await ended.CancelAsync();
        await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        waiters.SendAway();
        if (watch is not null)
        {
            await watch.CancelAsync();
        }

        if (running is not null)
        {
            await running.DisposeAsync();
        }
    }

    private static async Task<IDisposable> TurnAsync(SemaphoreSlim turns, CancellationToken cancellation)
    {
        await turns.WaitAsync(cancellation);
        return new Turn(turns);
    }

    private async Task RunAsync()
    {
        await foreach ((MachineMessage message, TaskCompletionSource? taken) in mailbox.Reader.ReadAllAsync(ended.Token))
        {
            MachineStatus before = state.Status;
            (LifecycleState next, IReadOnlyList<MachineEffect> effects) = MachineLifecycle.Next(state, message, clock.GetUtcNow());
            Volatile.Write(ref state, next);
            if (next.Status != before)
            {
                onChange(before, next.Status);
                waiters.Wake(next.Status);
            }

            foreach (MachineEffect effect in effects)
            {
                Carry(effect);
            }

            taken?.TrySetResult();
        }
    }

    private QemuLabException Gone() =>
        new(ErrorKind.NotFound, "machine-gone", $"{Plan.Name} of lab {Plan.Lab} is gone: it was removed while it was waited for", "see what is there: qemulab list; and what was deleted: qemulab list --deleted");

    private void Carry(MachineEffect effect)
    {
        switch (effect)
        {
            case MachineEffect.WatchReadiness:
                watch = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
                _ = watchReadiness(this, watch.Token);
                break;
            case MachineEffect.EndWatch:
                watch?.Cancel();
                break;
            case MachineEffect.AwaitRoom when awaitRoom is not null:
                _ = TellAsync(async machine =>
                {
                    await awaitRoom(this, ended.Token);
                    await machine.ContinueAsync(ended.Token);
                });
                break;
            case MachineEffect.PressPowerButton:
                _ = TellAsync(machine => machine.PowerDownAsync(ended.Token));
                break;
            case MachineEffect.AskAgentToShutDown:
                _ = TellAsync(machine => machine.Agent.SendAsync("guest-shutdown", cancellation: ended.Token));
                break;
            case MachineEffect.Quit:
                _ = TellAsync(machine => machine.QuitAsync(ended.Token));
                break;
            case MachineEffect.Kill:
                running?.Kill();
                break;
            case MachineEffect.Remind remind:
                _ = RemindAsync(remind.After);
                break;
        }
    }

    /// <summary>A machine that is just going does not answer any more; its end is reported by its own message.</summary>
    private async Task TellAsync(Func<IRunningMachine, Task> tell)
    {
        try
        {
            if (running is { } machine)
            {
                await tell(machine);
            }
        }
        catch (Exception refused) when (refused is QemuLabException or OperationCanceledException)
        {
        }
    }

    private async Task RemindAsync(TimeSpan after)
    {
        await Task.Delay(after, clock, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Post(new MachineMessage.Tick());
    }

    private async Task PumpEventsAsync(IRunningMachine machine)
    {
        await foreach (QmpEvent happened in machine.Events)
        {
            Post(Told(machine, happened));
        }

        ProcessEnd? end = await machine.Exited;
        if (ReferenceEquals(machine, running))
        {
            Post(new MachineMessage.Exited(machine.LastWords, end));
        }

        await machine.DisposeAsync();
    }

    /// <summary>The event with what is to be looked up while QEMU is there.</summary>
    private MachineMessage.Notified Told(IRunningMachine machine, QmpEvent happened)
    {
        DiskPlan? disk = happened.Word("node-name") is { } node ? QemuCommandLine.FindDisk(Plan, node) : null;
        return new MachineMessage.Notified(happened)
        {
            Disk = disk?.Name,
            DiskPath = disk?.Path,
            Console = happened.Name == "GUEST_PANICKED" ? machine.ConsoleTail : [],
        };
    }

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }
}
