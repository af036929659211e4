using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Qmp;

namespace QemuLab.Tests.Fakes;

/// <summary>A hypervisor that keeps its machines in memory: they run, shut down when the button is pressed, and can be told to misbehave.</summary>
internal sealed class FakeHypervisor : IHypervisor
{
    private int lastProcessId = 1000;

    public ConcurrentDictionary<string, FakeMachine> Running { get; } = new();

    public ConcurrentBag<string> Launches { get; } = [];

    /// <summary>Machines whose start fails, with QEMU's words.</summary>
    public ConcurrentDictionary<string, string> Refuses { get; } = new();

    /// <summary>Machines whose guest ignores the power button.</summary>
    public HashSet<string> IgnoresButton { get; } = [];

    /// <summary>What each start waits for.</summary>
    public Func<CancellationToken, Task> BeforeLaunch { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called with each machine that is started, before anything is asked of it.</summary>
    public Action<FakeMachine>? Launched { get; set; }

    /// <summary>When machines say that they were started; it stands still unless told otherwise.</summary>
    public Func<DateTimeOffset> Now { get; set; } = () => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public async Task<IRunningMachine> LaunchAsync(MachinePlan plan, CancellationToken cancellation = default)
    {
        Launches.Add(plan.Name);
        await BeforeLaunch(cancellation);
        if (Refuses.TryGetValue(plan.Name, out string? words))
        {
            throw new QemuLabException(ErrorKind.Failed, "qemu-failed", words);
        }

        var machine = new FakeMachine(this, plan, Interlocked.Increment(ref lastProcessId));
        Launched?.Invoke(machine);
        return Running.TryAdd(plan.Name, machine)
            ? machine
            : throw new QemuLabException(ErrorKind.Failed, "disk-locked", $"{plan.Name} runs already");
    }

    /// <summary>Called with the name of each machine that is looked for.</summary>
    public Func<string, Task> OnAdopt { get; set; } = _ => Task.CompletedTask;

    public async Task<IRunningMachine?> AdoptAsync(MachinePlan plan, CancellationToken cancellation = default)
    {
        await OnAdopt(plan.Name);
        return Running.TryGetValue(plan.Name, out FakeMachine? machine) ? machine.NewConnection() : null;
    }
}

/// <summary>A machine of the <see cref="FakeHypervisor"/>.</summary>
internal sealed class FakeMachine(FakeHypervisor owner, MachinePlan plan, int processId) : IRunningMachine
{
    private readonly TaskCompletionSource<ProcessEnd?> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Channel<QmpEvent> events = Channel.CreateUnbounded<QmpEvent>();

    public int ProcessId => processId;

    public DateTimeOffset StartedAt { get; } = owner.Now();

    public IAsyncEnumerable<QmpEvent> Events => events.Reader.ReadAllAsync();

    public Task<ProcessEnd?> Exited => exited.Task;

    public string? LastWords { get; private set; }

    /// <summary>What its guest has written.</summary>
    public IReadOnlyList<string> ConsoleTail { get; set; } = [];

    /// <summary>QEMU tells of something.</summary>
    public void Tell(string name, string data)
    {
        using JsonDocument document = JsonDocument.Parse(data);
        events.Writer.TryWrite(new QmpEvent(name, StartedAt, document.RootElement.Clone()));
    }

    public FakeMachine NewConnection()
    {
        events = Channel.CreateUnbounded<QmpEvent>();
        return this;
    }

    /// <summary>Its CPUs wait, as a daemon leaves them that dies in mid-launch.</summary>
    public bool Waits { get; set; }

    public Task<(bool Running, string Status)> QueryStatusAsync(CancellationToken cancellation = default) =>
        Task.FromResult(Waits ? (false, "prelaunch") : (true, "running"));

    public GuestAgent Agent { get; set; } = new("/nowhere");

    public bool HasAgent { get; set; }

    public Task<bool> IsAgentConnectedAsync(CancellationToken cancellation = default) => Task.FromResult(HasAgent);

    /// <summary>Nodes whose files it has found inconsistent.</summary>
    public IReadOnlyList<string> Corrupted { get; set; } = [];

    public Task<IReadOnlyList<string>> CorruptedNodesAsync(CancellationToken cancellation = default) => Task.FromResult(Corrupted);

    /// <summary>Called before its CPUs go on.</summary>
    public Func<Task> OnContinue { get; set; } = () => Task.CompletedTask;

    public async Task ContinueAsync(CancellationToken cancellation = default)
    {
        await OnContinue();
        if (Waits || IsHalted)
        {
            (Waits, IsHalted) = (false, false);
            events.Writer.TryWrite(new QmpEvent("RESUME", StartedAt, default));
        }
    }

    /// <summary>What was done with snapshots, such as <c>Save web</c>; a tag that is in it fails.</summary>
    public List<string> Snapshots { get; } = [];

    public string? FailingSnapshot { get; set; }

    /// <summary>Called before anything is done with a snapshot.</summary>
    public Action<SnapshotAction>? OnSnapshot { get; set; }

    /// <summary>So many removals of snapshots fail.</summary>
    public int FailingDeletes { get; set; }

    public bool IsHalted { get; private set; }

    /// <summary>It ends when it is to stand still, before it answers.</summary>
    public bool EndsWhenHalted { get; set; }

    /// <summary>It does what it is asked for, without an event.</summary>
    public bool TellsOfNothing { get; set; }

    /// <summary>Called before its CPUs stand still.</summary>
    public Func<Task> OnHalt { get; set; } = () => Task.CompletedTask;

    public async Task HaltAsync(CancellationToken cancellation = default)
    {
        await OnHalt();
        if (EndsWhenHalted)
        {
            Kill();
            throw new QemuLabException(ErrorKind.Failed, "qmp-closed", "the QMP connection has ended");
        }

        IsHalted = true;
        if (!TellsOfNothing)
        {
            events.Writer.TryWrite(new QmpEvent("STOP", StartedAt, default));
        }
    }

    /// <summary>What the guest has, where it was asked to have other memory than it was started with.</summary>
    public ByteSize? Memory { get; set; }

    /// <summary>Its guest has no balloon driver.</summary>
    public bool HasNoBalloon { get; set; }

    public Task SetMemoryAsync(ByteSize size, CancellationToken cancellation = default)
    {
        Memory = HasNoBalloon ? Memory : size;
        return Task.CompletedTask;
    }

    public Task<ByteSize> QueryMemoryAsync(CancellationToken cancellation = default) => Task.FromResult(Memory ?? plan.Spec.MaxMemory ?? plan.Spec.Memory);

    public Task ResizeDiskAsync(string node, ByteSize size, CancellationToken cancellation = default)
    {
        Resized.Add($"{node} {size}");
        FakeTools.WriteDisk(plan.Disks.Single(disk => QemuCommandLine.NodeName(disk) == node).Path, size.Bytes);
        return Task.CompletedTask;
    }

    /// <summary>Disks that were made larger, such as <c>disk-root 20GiB</c>.</summary>
    public List<string> Resized { get; } = [];

    public Task<DiskTraffic> QueryDiskTrafficAsync(CancellationToken cancellation = default) => Task.FromResult(new DiskTraffic(4096, 512));

    public Task ResetAsync(CancellationToken cancellation = default)
    {
        events.Writer.TryWrite(new QmpEvent("RESET", StartedAt, default));
        return Task.CompletedTask;
    }

    public Task SnapshotAsync(SnapshotAction action, string tag, IReadOnlyList<string> nodes, CancellationToken cancellation = default)
    {
        Snapshots.Add($"{action} {tag}{(IsHalted ? "" : " while it runs")}");
        OnSnapshot?.Invoke(action);
        if (action == SnapshotAction.Delete && FailingDeletes-- > 0)
        {
            throw new QemuLabException(ErrorKind.Failed, "snapshot-failed", "No space left on device");
        }

        return FailingSnapshot is { } fault && action != SnapshotAction.Delete ? throw new QemuLabException(ErrorKind.Failed, "snapshot-failed", fault) : Task.CompletedTask;
    }

    /// <summary>What was pressed on its keyboard, such as <c>ctrl-alt-delete</c>.</summary>
    public List<string> Pressed { get; } = [];

    public Task PressAsync(IReadOnlyList<string> keys, TimeSpan hold, CancellationToken cancellation = default)
    {
        Pressed.Add(string.Join('-', keys));
        return Task.CompletedTask;
    }

    public Task PowerDownAsync(CancellationToken cancellation = default)
    {
        if (!owner.IgnoresButton.Contains(plan.Name))
        {
            events.Writer.TryWrite(new QmpEvent("SHUTDOWN", StartedAt, default));
            End(null);
        }

        return Task.CompletedTask;
    }

    public Task QuitAsync(CancellationToken cancellation = default)
    {
        End(null);
        return Task.CompletedTask;
    }

    public void Kill() => End(null);

    /// <summary>The process goes, saying this.</summary>
    public void End(string? lastWords)
    {
        LastWords = lastWords;
        owner.Running.TryRemove(plan.Name, out _);
        events.Writer.TryComplete();
        exited.TrySetResult(null);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
