using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Qemu;

/// <summary>A QEMU process that is there and has not answered yet: it can be killed, and its end is seen. Once it answers, another takes its place.</summary>
/// <param name="process">The process.</param>
/// <param name="files">Its folder: what its guest wrote.</param>
/// <param name="exited">Its end.</param>
/// <param name="answer">Completes when it answers; fails when it never will.</param>
/// <param name="waiting">Ends the wait for that.</param>
internal sealed class SilentQemu(QemuProcess process, MachineDirectory files, Task<ProcessEnd?> exited, Task<IRunningMachine> answer, CancellationTokenSource waiting) : IRunningMachine
{
    public int ProcessId => process.Id;

    public DateTimeOffset StartedAt => process.StartedAt;

    public IAsyncEnumerable<QmpEvent> Events => AsyncEnumerable.Empty<QmpEvent>();

    public Task<ProcessEnd?> Exited => exited;

    public Task<IRunningMachine> Answer => answer;

    public string? LastWords => null;

    public Task<(bool Running, string Status)> QueryStatusAsync(CancellationToken cancellation = default) => Task.FromException<(bool, string)>(Silence());

    public IReadOnlyList<string> ConsoleTail => [];

    public GuestAgent Agent { get; } = new(files.Agent);

    public Task<bool> IsAgentConnectedAsync(CancellationToken cancellation = default) => Task.FromException<bool>(Silence());

    public Task<IReadOnlyList<string>> CorruptedNodesAsync(CancellationToken cancellation = default) => Task.FromException<IReadOnlyList<string>>(Silence());

    public Task SetMemoryAsync(ByteSize size, CancellationToken cancellation = default) => Task.FromException(Silence());

    public Task<DiskTraffic> QueryDiskTrafficAsync(CancellationToken cancellation = default) => Task.FromException<DiskTraffic>(Silence());

    public Task<ByteSize> QueryMemoryAsync(CancellationToken cancellation = default) => Task.FromException<ByteSize>(Silence());

    public Task ResizeDiskAsync(string node, ByteSize size, CancellationToken cancellation = default) => Task.FromException(Silence());

    public Task ContinueAsync(CancellationToken cancellation = default) => Task.FromException(Silence());

    public Task HaltAsync(CancellationToken cancellation = default) => Task.FromException(Silence());

    public Task SnapshotAsync(SnapshotAction action, string tag, IReadOnlyList<string> nodes, CancellationToken cancellation = default) => Task.FromException(Silence());

    public Task ResetAsync(CancellationToken cancellation = default) => Task.FromException(Silence());

    public Task PressAsync(IReadOnlyList<string> keys, TimeSpan hold, CancellationToken cancellation = default) => Task.FromException(Silence());

    public Task PowerDownAsync(CancellationToken cancellation = default) => Task.FromException(Silence());

    public Task QuitAsync(CancellationToken cancellation = default) => Task.FromException(Silence());

    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!answer.IsCompleted)
        {
            await waiting.CancelAsync();
        }
    }

    private QemuLabException Silence() => answer.Exception?.InnerException as QemuLabException ?? new QemuLabException(
        ErrorKind.TimedOut, "qemu-silent", $"QEMU (pid {process.Id}) is there but does not answer{(process.Identity.IsStopped ? ": it was stopped by a signal (SIGSTOP)" : "")}");
}
