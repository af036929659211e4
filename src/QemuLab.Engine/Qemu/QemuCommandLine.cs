using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

/// <summary>
/// The QEMU command line of a machine: a pure function of its plan. One partial file per device group; a new device is a new
/// file and one line in <see cref="For"/>.
/// </summary>
public static partial class QemuCommandLine
{
    /// <summary>The arguments after the program's name, in the order in which QEMU gets them.</summary>
    public static QemuArguments For(MachinePlan plan, HostFacts host)
    {
        var arguments = new QemuArguments();
        AddIdentity(arguments, plan);
        AddBoard(arguments, plan, host.Architecture);
        AddProcess(arguments, plan);
        AddControl(arguments, plan.Directory);
        AddSerial(arguments, plan.Directory);
        AddFirmware(arguments, plan.Firmware, plan.Spec.Display);
        AddDisks(arguments, plan);
        AddNetwork(arguments, plan, host);
        AddEntropy(arguments);
        AddPanic(arguments);
        AddAgent(arguments, plan);
        AddWatchdog(arguments, plan.Spec.Watchdog);
        AddBalloon(arguments, plan.Spec, host.Platform);
        AddDisplay(arguments, plan.Spec, host.Architecture);
        AddUserArguments(arguments, plan);
        return arguments;
    }

    private static void AddIdentity(QemuArguments arguments, MachinePlan plan) => arguments
        .Add("-no-user-config", null, "the same machine on every host: no configuration file of QEMU's is read")
        .Add("-nodefaults", null, "no device that is not named here")
        .AddOption("-name", $"{plan.Lab}/{plan.Name}", [("debug-threads", "on")], "found by name in ps and top; threads named after their vCPU")
        .Add("-uuid", plan.Uuid.ToString(), "identity, from lab and machine name; asked for before a running process is adopted");

    private static void AddBoard(QemuArguments arguments, MachinePlan plan, Architecture architecture)
    {
        (string machine, string why) = architecture == Architecture.Arm64
            ? ("virt", "the generic ARM board")
            : ("q35", "the PC board with PCI Express");
        arguments
            .Add("-machine", machine, why)
            .Add("-accel", AcceleratorOption(plan.Accelerator.Accelerator), plan.Accelerator.FallbackReason is { } reason
                ? $"the best accelerator that ran a guest here ({reason})"
                : "the best accelerator; a guest has run under it here")
            .Add("-cpu", plan.CpuModel, plan.Spec.CpuModel is null ? "the CPU model that the accelerator was probed with" : "the lab file asks for it")
            .Add("-smp", QemuArguments.Number(plan.Spec.Cpus), "virtual CPUs")
            .Add("-m", QemuArguments.Number((plan.Spec.MaxMemory ?? plan.Spec.Memory).InMiB) + "M", plan.Spec.MaxMemory is null ? "memory" : "the most memory that it can be given; the balloon has the rest");
    }

    private static string AcceleratorOption(Accelerator accelerator) => accelerator switch
    {
        // thread=multi: a host thread for each vCPU. tb-size: the translation cache; more brings nothing, less saves memory only.
        Accelerator.Tcg => "tcg,thread=multi,tb-size=256",
        Accelerator.Kvm => "kvm",
        Accelerator.Hvf => "hvf",
        _ => throw new ArgumentOutOfRangeException(nameof(accelerator)),
    };

    private static void AddProcess(QemuArguments arguments, MachinePlan plan)
    {
        arguments
            .Add("-display", "none", "no window")
            .Add("-msg", "timestamp=on", "times in QEMU's own log");

        // QEMU takes a percent sign for a template of its own. Neither this nor the pid file is an option list: no doubled commas here.
        if (!plan.Directory.QemuLog.Contains('%', StringComparison.Ordinal))
        {
            arguments.Add("-D", plan.Directory.QemuLog, "that log; without it, what QEMU says after its start is lost");
        }

        arguments
            .Add("-S", null, "CPUs wait until the daemon listens, so that no event is missed")
            .Add("-daemonize", null, "its exit code is QEMU's verdict, with the sockets already listening; the machine outlives the daemon")
            .Add("-pidfile", plan.Directory.PidFile, "how a new daemon finds the process");
    }

    private static void AddEntropy(QemuArguments arguments) => arguments
        .Add("-object", "rng-builtin,id=entropy", "the host's randomness")
        .Add("-device", "virtio-rng-pci,rng=entropy", "a guest that waits for entropy boots slowly");

    private static void AddUserArguments(QemuArguments arguments, MachinePlan plan)
    {
        foreach (string argument in plan.Spec.QemuArgs)
        {
            arguments.Add(argument, null, "qemuArgs of the lab file, handed over as it is");
        }
    }
}
