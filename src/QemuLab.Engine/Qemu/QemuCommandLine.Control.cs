using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    /// <summary>Two QMP sockets, because QEMU talks to one client a socket: the daemon's must not be blocked by a person's.</summary>
    private static void AddControl(QemuArguments arguments, MachineDirectory directory) => arguments
        .AddOption("-chardev", "socket", [("id", "qmp"), ("path", directory.Qmp), ("server", "on"), ("wait", "off")], "the daemon's control socket")
        .Add("-mon", "chardev=qmp,mode=control", "QMP on it")
        .AddOption("-chardev", "socket", [("id", "monitor"), ("path", directory.Monitor), ("server", "on"), ("wait", "off")], "a second control socket, for people and scripts")
        .Add("-mon", "chardev=monitor,mode=control", "QMP on it");

    /// <summary>The console is a socket with a log beside it: the log is written whether anyone is connected or not.</summary>
    private static void AddSerial(QemuArguments arguments, MachineDirectory directory) => arguments
        .AddOption("-chardev", "socket", [("id", "console"), ("path", directory.Console), ("server", "on"), ("wait", "off"), ("logfile", directory.SerialLog), ("logappend", "on")], "the serial console, always logged")
        .Add("-serial", "chardev:console", "the guest's first serial port");
}
