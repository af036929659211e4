namespace QemuLab.Engine.Qmp;

/// <summary>QEMU understood a command and refused it.</summary>
/// <param name="command">The command that was refused.</param>
/// <param name="errorClass">QEMU's class of error, nearly always <c>GenericError</c>.</param>
/// <param name="description">QEMU's own words.</param>
public sealed class QmpErrorException(string command, string errorClass, string description)
    : QemuLabException(ErrorKind.Failed, "qmp-error", $"QEMU refused {command}: {description}")
{
    public string Command { get; } = command;

    public string ErrorClass { get; } = errorClass;

    public string Description { get; } = description;
}
