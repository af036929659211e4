using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

/// <summary>QEMU refused to start; its own words are quoted, and the ones that are known get advice.</summary>
internal static class QemuStartException
{
    private static readonly (string Words, string Code, string Hint)[] Known =
    [
        ("Could not set up host forwarding rule", "port-taken", "a host port is used by another program: change it in the lab file"),
        ("Failed to get \"write\" lock", "disk-locked", "another QEMU has the disk open: is the same lab running from another QEMULAB_HOME?"),
        ("cannot set up guest memory", "no-memory", "the host has not enough free memory: stop something, or give the machine less"),
        ("Image is corrupt", "disk-corrupted", "mend the file that it names, or bring back a copy of it: qemu-img check -r all FILE"),
        // With an initrd; without one it starts what it is given, and nothing comes of it.
        ("linux kernel too old to load a ram disk", "kernel-refused", "the file of firmware.kernel is not a kernel for this machine: is it for another architecture, or no kernel at all? See: file KERNEL"),
        ("Could not open", "file-missing", "a file that the machine needs is gone: qemulab down --purge, then launch again"),
        ("invalid option", "bad-option", "is it one of the file's qemuArgs? This QEMU does not know it"),
        ("is not a valid device model name", "bad-option", "is it one of the file's qemuArgs? This QEMU does not know it"),
    ];

    private const string Nothing = "it said nothing";

    public static QemuLabException For(MachinePlan plan, CommandResult verdict)
    {
        string words = QemuLog.Plain(verdict.Error).Trim() is { Length: > 0 } error ? error : Nothing;
        (_, string? code, string? hint) = Known.FirstOrDefault(known => words.Contains(known.Words, StringComparison.Ordinal));
        return verdict.TimedOut
            ? new QemuLabException(ErrorKind.TimedOut, "qemu-timeout", $"{plan.Name}: QEMU gave no verdict in time and was ended: {words}", "is the host short of memory?")
            : new QemuLabException(ErrorKind.Failed, code ?? "qemu-failed", $"{plan.Name}: QEMU did not start (exit code {verdict.ExitCode}): {words}", hint ?? $"{(words == Nothing ? "is the disk of QEMULAB_HOME full? " : "")}see the command line: qemulab plan --argv {plan.Name}");
    }
}
