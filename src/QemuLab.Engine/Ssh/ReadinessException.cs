using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>A guest did not become ready: cloud-init failed (<see cref="ErrorKind.Failed"/>), or nothing came in time (<see cref="ErrorKind.TimedOut"/>).</summary>
/// <param name="reached">How far it had come.</param>
public sealed class ReadinessException(ErrorKind kind, string code, string message, string hint, BootPhase reached)
    : QemuLabException(kind, code, message, hint)
{
    public BootPhase Reached { get; } = reached;
}
