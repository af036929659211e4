using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Machines;

/// <summary>Starts and finds virtual machines: QEMU, or the fake of the tests.</summary>
public interface IHypervisor
{
    /// <summary>Starts the machine with its CPUs halted. On failure nothing is left running.</summary>
    /// <exception cref="QemuLabException">It did not start; the hypervisor's own words are quoted.</exception>
    Task<IRunningMachine> LaunchAsync(MachinePlan plan, CancellationToken cancellation = default);

    /// <summary>
    /// Finds the machine if it runs: by pid, process start time and the UUID that it answers with. Null where it does not. One
    /// that hangs is waited for no longer than a moment: it has an <see cref="IRunningMachine.Answer"/> to come.
    /// </summary>
    Task<IRunningMachine?> AdoptAsync(MachinePlan plan, CancellationToken cancellation = default);
}

/// <summary>A machine that runs, by its control connection.</summary>
public interface IRunningMachine : IAsyncDisposable
{
    int ProcessId { get; }

    DateTimeOffset StartedAt { get; }

    /// <summary>QMP events in order; completed when the connection ends.</summary>
    IAsyncEnumerable<QmpEvent> Events { get; }

    /// <summary>Completes when the process has gone, with how it ended; null where nobody tells. Never fails.</summary>
    Task<ProcessEnd?> Exited { get; }

    /// <summary>Completes with the machine itself once it answers; null where it does. Until then only its end can be seen, and made.</summary>
    Task<IRunningMachine>? Answer => null;

    /// <summary>The last line that the hypervisor wrote to its log, once it has gone; null where it wrote none.</summary>
    string? LastWords { get; }

    /// <summary>The last lines of the guest's serial console; none where it has written none.</summary>
    IReadOnlyList<string> ConsoleTail { get; }

    /// <summary>Whether the guest's CPUs run, and QEMU's word for the state (<c>running</c>, <c>paused</c>, <c>prelaunch</c>…).</summary>
    Task<(bool Running, string Status)> QueryStatusAsync(CancellationToken cancellation = default);

    /// <summary>The guest's agent, whether one listens or not.</summary>
    GuestAgent Agent { get; }

    /// <summary>Whether a guest agent has opened its port; false where the machine has no such port.</summary>
    Task<bool> IsAgentConnectedAsync(CancellationToken cancellation = default);

    /// <summary>The block nodes whose files have been found inconsistent since it was started.</summary>
    Task<IReadOnlyList<string>> CorruptedNodesAsync(CancellationToken cancellation = default);

    Task ContinueAsync(CancellationToken cancellation = default);

    /// <summary>Stands the guest's CPUs still.</summary>
    Task HaltAsync(CancellationToken cancellation = default);

    /// <summary>Saves a snapshot with memory or without, loads one with memory, or removes one, inside of the disks. CPUs that stand still stay so.</summary>
    /// <param name="action">What is done.</param>
    /// <param name="tag">The snapshot's name in the disks.</param>
    /// <param name="nodes">The block nodes of all disks that can be written; the first one holds the memory.</param>
    /// <param name="cancellation">Stops the waiting; it may be carried out nevertheless.</param>
    /// <exception cref="QemuLabException">QEMU's own words (code <c>snapshot-failed</c>).</exception>
    Task SnapshotAsync(SnapshotAction action, string tag, IReadOnlyList<string> nodes, CancellationToken cancellation = default);

    /// <summary>Makes a disk larger; the guest is told.</summary>
    /// <param name="node">The disk's block node.</param>
    /// <param name="size">Its new size; not less than the old one.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="QemuLabException">QEMU's own words.</exception>
    Task ResizeDiskAsync(string node, ByteSize size, CancellationToken cancellation = default);

    /// <summary>Asks the guest's balloon driver to leave it with so much memory; it follows as soon as it can, and one without the driver never.</summary>
    /// <param name="size">Not more than it was started with.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="QemuLabException">QEMU's own words.</exception>
    Task SetMemoryAsync(ByteSize size, CancellationToken cancellation = default);

    /// <summary>How much memory the balloon has left the guest with.</summary>
    Task<ByteSize> QueryMemoryAsync(CancellationToken cancellation = default);

    /// <summary>What has passed all its disks since QEMU was started.</summary>
    Task<DiskTraffic> QueryDiskTrafficAsync(CancellationToken cancellation = default);

    /// <summary>Presses the reset button: the guest begins anew, and is not asked.</summary>
    Task ResetAsync(CancellationToken cancellation = default);

    /// <summary>Presses keys of its keyboard together, by QEMU's names for them.</summary>
    /// <param name="keys">At least one.</param>
    /// <param name="hold">How long they are held; QEMU answers before it has pressed anything.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="QemuLabException">QEMU's own words, such as for a machine without a keyboard.</exception>
    Task PressAsync(IReadOnlyList<string> keys, TimeSpan hold, CancellationToken cancellation = default);

    /// <summary>Presses the power button: the guest may or may not follow.</summary>
    Task PowerDownAsync(CancellationToken cancellation = default);

    /// <summary>Ends the process at once but orderly: disks are flushed.</summary>
    Task QuitAsync(CancellationToken cancellation = default);

    /// <summary>SIGKILL, after checking that the pid is still this machine's.</summary>
    void Kill();
}
