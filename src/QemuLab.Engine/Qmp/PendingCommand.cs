using System.Text.Json;

namespace QemuLab.Engine.Qmp;

/// <summary>A command that has been sent and not been answered.</summary>
internal sealed record PendingCommand(string Name)
{
    public TaskCompletionSource<JsonElement> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
