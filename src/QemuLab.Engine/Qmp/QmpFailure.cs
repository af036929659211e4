namespace QemuLab.Engine.Qmp;

/// <summary>What can go wrong between us and a QMP socket, in words.</summary>
internal static class QmpFailure
{
    /// <summary>The code of what fails because QEMU has ended, or has let go of us.</summary>
    public const string ClosedCode = "qmp-closed";

    public static QemuLabException Unreachable(string socketPath, Exception? cause) => new(
        ErrorKind.Failed, "qmp-unreachable", $"no QEMU listens at {socketPath}", "the process has ended: its log is beside its disks", cause);

    public static QemuLabException Closed(string socketPath, string why, Exception? cause) => new(
        ErrorKind.Failed, ClosedCode, $"the QMP connection {socketPath} {why}", cause: cause);

    public static QemuLabException NoGreeting(string socketPath, TimeSpan limit) => new(
        ErrorKind.TimedOut, "qmp-timeout", $"QEMU at {socketPath} sent no greeting within {limit.TotalSeconds:0.###} s",
        "QEMU serves one client at a time: another may hold this socket, or QEMU hangs");

    public static QemuLabException NoAnswer(string socketPath, string command, TimeSpan limit) => new(
        ErrorKind.TimedOut, "qmp-timeout", $"QEMU at {socketPath} did not answer {command} within {limit.TotalSeconds:0.###} s",
        "QEMU is very busy or hangs: try again, or kill the machine");
}
