using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qmp;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Qemu;

/// <summary>A QEMU process that runs, by its pid and its QMP connection.</summary>
/// <param name="process">The process.</param>
/// <param name="qmp">Its control connection.</param>
/// <param name="files">Its folder: what it and its guest wrote.</param>
/// <param name="exited">Its end, where that is watched already.</param>
internal sealed class QemuMachine(QemuProcess process, QmpClient qmp, MachineDirectory files, Task<ProcessEnd?>? exited = null) : IRunningMachine
{
    /// <summary>A kernel's panic from its first line on: the longest stacks of calls have some hundred lines.</summary>
    private const int ConsoleLines = 400;

    private const int ConsoleWindow = 64 * 1024;

    public int ProcessId => process.Id;

    public DateTimeOffset StartedAt => process.StartedAt;

    public IAsyncEnumerable<QmpEvent> Events => qmp.Events;

    public Task<ProcessEnd?> Exited { get; } = exited ?? process.EndAsync(qmp.Closed);

    public string? LastWords => new QemuLog(files.QemuLog).LastWords;

    public IReadOnlyList<string> ConsoleTail => SerialTail.Read(files.SerialLog, ConsoleLines, from: 0, ConsoleWindow);

    public async Task<(bool Running, string Status)> QueryStatusAsync(CancellationToken cancellation = default)
    {
        var answer = await qmp.ExecuteAsync("query-status", cancellation: cancellation);
        return (answer.GetProperty("running").GetBoolean(), answer.GetProperty("status").GetString() ?? "");
    }

    public GuestAgent Agent { get; } = new(files.Agent);

    public async Task<bool> IsAgentConnectedAsync(CancellationToken cancellation = default) =>
        (await qmp.ExecuteAsync("query-chardev", cancellation: cancellation)).EnumerateArray()
            .Any(chardev => chardev.GetProperty("label").GetString() == QemuCommandLine.AgentChardev && chardev.GetProperty("frontend-open").GetBoolean());

    public async Task<IReadOnlyList<string>> CorruptedNodesAsync(CancellationToken cancellation = default) =>
        QemuBlockNodes.Corrupted(await qmp.ExecuteAsync("query-block", cancellation: cancellation));

    public Task ContinueAsync(CancellationToken cancellation = default) => qmp.ExecuteAsync("cont", cancellation: cancellation);

    public Task HaltAsync(CancellationToken cancellation = default) => qmp.ExecuteAsync("stop", cancellation: cancellation);

    public Task SnapshotAsync(SnapshotAction action, string tag, IReadOnlyList<string> nodes, CancellationToken cancellation = default) =>
        action switch
        {
            SnapshotAction.SaveDisks => QemuDiskSnapshot.SaveAsync(qmp, tag, nodes, cancellation),
            SnapshotAction.SaveCompressed => QemuMemoryCompression.WhileAsync(qmp, () => QemuSnapshotJob.RunAsync(qmp, SnapshotAction.Save, tag, nodes, cancellation), cancellation),
            SnapshotAction.LoadCompressed => QemuMemoryCompression.WhileAsync(qmp, () => QemuSnapshotJob.RunAsync(qmp, SnapshotAction.Load, tag, nodes, cancellation), cancellation),
            _ => QemuSnapshotJob.RunAsync(qmp, action, tag, nodes, cancellation),
        };

    public Task ResizeDiskAsync(string node, ByteSize size, CancellationToken cancellation = default) =>
        qmp.ExecuteAsync(
            "block_resize",
            arguments =>
            {
                arguments.WriteString("node-name", node);
                arguments.WriteNumber("size", size.Bytes);
            },
            cancellation: cancellation);

    public Task SetMemoryAsync(ByteSize size, CancellationToken cancellation = default) =>
        qmp.ExecuteAsync("balloon", arguments => arguments.WriteNumber("value", size.Bytes), cancellation: cancellation);

    public async Task<ByteSize> QueryMemoryAsync(CancellationToken cancellation = default) =>
        new((await qmp.ExecuteAsync("query-balloon", cancellation: cancellation)).GetProperty("actual").GetInt64());

    public async Task<DiskTraffic> QueryDiskTrafficAsync(CancellationToken cancellation = default) =>
        QemuBlockNodes.Traffic(await qmp.ExecuteAsync("query-blockstats", cancellation: cancellation));

    public Task ResetAsync(CancellationToken cancellation = default) => qmp.ExecuteAsync("system_reset", cancellation: cancellation);

    public Task PressAsync(IReadOnlyList<string> keys, TimeSpan hold, CancellationToken cancellation = default) =>
        qmp.ExecuteAsync("send-key", arguments => QemuKeys.Write(arguments, keys, hold), cancellation: cancellation);

    public Task PowerDownAsync(CancellationToken cancellation = default) => qmp.ExecuteAsync("system_powerdown", cancellation: cancellation);

    public Task QuitAsync(CancellationToken cancellation = default) => qmp.ExecuteAsync("quit", cancellation: cancellation);

    public void Kill() => process.Kill();

    public ValueTask DisposeAsync() => qmp.DisposeAsync();
}
