using QemuLab.Engine.Machines;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Labs;

/// <summary>What is done to machines that run without starting or ending their guests: paused, reset, put to sleep on disk.</summary>
public sealed class LabPower
{
    private static readonly TimeSpan EventLimit = TimeSpan.FromSeconds(10);

    /// <summary>A person waits for it.</summary>
    private static readonly TimeSpan AgentLimit = TimeSpan.FromSeconds(5);

    private readonly LabReconciler reconciler;
    private readonly Func<string, LabEntry> entryOf;
    private readonly Func<string, LabGate> gateOf;

    /// <param name="reconciler">Keeps the records, ends QEMU.</param>
    /// <param name="entryOf">A lab; throws where there is none.</param>
    /// <param name="gateOf">One change of a lab at a time.</param>
    internal LabPower(LabReconciler reconciler, Func<string, LabEntry> entryOf, Func<string, LabGate> gateOf) =>
        (this.reconciler, this.entryOf, this.gateOf) = (reconciler, entryOf, gateOf);

    /// <summary>Stands the guest's CPUs still; nothing happens where they do already.</summary>
    /// <returns>Whether that was a change.</returns>
    /// <exception cref="QemuLabException">The machine is in a state that does not allow it.</exception>
    public async Task<bool> PauseAsync(string lab, string name, CancellationToken cancellation = default)
    {
        VirtualMachine machine = Find(entryOf(lab), name);
        using IDisposable turn = await machine.SwitchAsync(cancellation);
        if (machine.Status.State == MachineState.Paused)
        {
            return false;
        }

        await AskAsync(machine, "be paused", MachineState.Running, running => running.HaltAsync(cancellation));
        EnsureUp(await ComesToAsync(machine, status => status.State != MachineState.Running, "be paused", cancellation), "be paused");
        return true;
    }

    /// <summary>Lets the guest's CPUs go on; nothing happens where they run.</summary>
    /// <inheritdoc cref="PauseAsync"/>
    public async Task<bool> UnpauseAsync(string lab, string name, CancellationToken cancellation = default)
    {
        VirtualMachine machine = Find(entryOf(lab), name);
        using IDisposable turn = await machine.SwitchAsync(cancellation);
        if (machine.Status.State == MachineState.Running)
        {
            return false;
        }

        await AskAsync(machine, "go on", MachineState.Paused, running => running.ContinueAsync(cancellation));
        EnsureUp(await ComesToAsync(machine, status => status.State != MachineState.Paused, "go on", cancellation), "go on");
        return true;
    }

    /// <summary>Presses the reset button: the guest boots anew in the same QEMU, and is not asked.</summary>
    /// <exception cref="QemuLabException">The machine is in a state that does not allow it.</exception>
    public async Task ResetAsync(string lab, string name, CancellationToken cancellation = default)
    {
        VirtualMachine machine = Find(entryOf(lab), name);
        using IDisposable turn = await machine.SwitchAsync(cancellation);
        await AskAsync(machine, "be reset", MachineState.Running, running => running.ResetAsync(cancellation));
    }

    /// <summary>Asks the guest to boot anew by itself; returns when it does. QEMU stays the same.</summary>
    /// <exception cref="QemuLabException">No login works, or the guest does not take it.</exception>
    public async Task SoftRebootAsync(string lab, string name, CancellationToken cancellation = default)
    {
        VirtualMachine machine = Find(entryOf(lab), name);
        Running(machine, "reboot", MachineState.Running);
        if (machine.Status.Phase is not (BootPhase.Login or BootPhase.Ready))
        {
            throw new QemuLabException(ErrorKind.Conflict, "guest-not-ready", $"{name} cannot be asked to reboot: no login works yet", $"press its reset button instead: qemulab reset {name}");
        }

        await reconciler.SoftRebootAsync(machine, cancellation);
        try
        {
            await machine.WhenAsync(status => !status.IsUp || status.Phase is not (BootPhase.Login or BootPhase.Ready), cancellation).WaitAsync(machine.Plan.Spec.GracePeriod, reconciler.Clock, cancellation);
        }
        catch (TimeoutException)
        {
            throw new QemuLabException(ErrorKind.TimedOut, "reboot-timeout", $"{name} has taken the reboot, but still runs after its grace period", $"press its reset button: qemulab reset {name}");
        }
    }

    /// <summary>Kills QEMU, as a power failure would; what the machine's run strategy says follows.</summary>
    /// <exception cref="QemuLabException">It does not run, or not even SIGKILL ends it.</exception>
    public async Task KillAsync(string lab, string name, CancellationToken cancellation = default)
    {
        LabEntry entry = entryOf(lab);
        VirtualMachine machine = Find(entry, name);
        Running(machine, "be killed", MachineState.Running, MachineState.Paused, MachineState.Stopping, MachineState.Unknown);
        int? pid = machine.Status.ProcessId;
        machine.Post(new MachineMessage.KillRequested());
        try
        {
            await machine.WhenAsync(status => status.ProcessId != pid, cancellation).WaitAsync(EventLimit, cancellation);
        }
        catch (TimeoutException)
        {
            throw new QemuLabException(ErrorKind.TimedOut, "kill-timeout", $"{name}: QEMU (pid {pid}) did not end even when killed", $"is it stuck in the kernel? Look at: ps -o pid,stat,wchan -p {pid}");
        }
    }

    /// <summary>Waits for something that a machine comes to by itself.</summary>
    /// <inheritdoc cref="MachineWait.RunAsync" path="/exception"/>
    public Task<MachineStatus> WaitAsync(string lab, string name, MachineWait wait, TimeSpan? limit, CancellationToken cancellation = default) =>
        wait.RunAsync(Find(entryOf(lab), name), limit, reconciler.Clock, cancellation);

    /// <summary>Asks a machine's guest agent for its network interfaces.</summary>
    /// <exception cref="QemuLabException">No agent listens in it, or it does not answer.</exception>
    public async Task<IReadOnlyList<GuestInterface>> InterfacesAsync(string lab, string name, CancellationToken cancellation = default)
    {
        VirtualMachine machine = Find(entryOf(lab), name);
        if (!machine.Status.AgentConnected)
        {
            throw new QemuLabException(ErrorKind.Conflict, "no-agent", $"no guest agent listens in {name}", "does qemu-guest-agent run in the guest, and has it a port (guestAgent in the lab file)?");
        }

        return GuestInterface.Read(await Running(machine, "be asked", MachineState.Running).Agent.ExecuteAsync("guest-network-get-interfaces", timeLimit: AgentLimit, cancellation: cancellation), machine.Plan.Nics);
    }

    /// <summary>Puts machines to sleep on disk, all at one instant; a start goes on with them. Suspended and stopped ones stay so.</summary>
    /// <param name="lab">The lab's name.</param>
    /// <param name="names">Which; null: all of it.</param>
    /// <param name="cancellation">Takes it back, until all memories are whole.</param>
    /// <returns>Those that were put to sleep.</returns>
    /// <exception cref="QemuLabException">One is coming or going, is named and does not run, or could not be saved; all go on then.</exception>
    public async Task<IReadOnlyList<string>> SuspendAsync(string lab, IReadOnlyList<string>? names, CancellationToken cancellation = default)
    {
        LabEntry entry = entryOf(lab);
        using LabGate.Turn turn = await gateOf(lab).EnterAsync(cancellation);
        VirtualMachine[] chosen = names is null
            ? [.. entry.Machines.Where(machine => machine.Status.IsUp)]
            : [.. names.Select(name => Find(entry, name)).Where(machine => machine.Status.State != MachineState.Suspended)];
        foreach (VirtualMachine machine in chosen)
        {
            Running(machine, "be suspended", MachineState.Running, MachineState.Paused);
        }

        await reconciler.Suspensions.SuspendAsync(entry, chosen, turn.Cancellation);
        return [.. chosen.Select(machine => machine.Plan.Name)];
    }

    /// <summary>Asks a machine's QEMU for something; one that ends meanwhile is no fault of the asking.</summary>
    private async Task AskAsync(VirtualMachine machine, string verb, MachineState allowed, Func<IRunningMachine, Task> ask)
    {
        try
        {
            await ask(Running(machine, verb, allowed));
        }
        catch (QemuLabException closed) when (closed.Code == QmpFailure.ClosedCode)
        {
            EnsureUp(await ComesToAsync(machine, status => !status.IsUp, verb, CancellationToken.None), verb);
            throw;
        }
    }

    /// <summary>QEMU tells of it at once; one that does not is told as that.</summary>
    private async Task<MachineStatus> ComesToAsync(VirtualMachine machine, Func<MachineStatus, bool> condition, string verb, CancellationToken cancellation)
    {
        try
        {
            return await machine.WhenAsync(condition, cancellation).WaitAsync(EventLimit, reconciler.Clock, cancellation);
        }
        catch (TimeoutException)
        {
            throw new QemuLabException(ErrorKind.TimedOut, "qemu-late", $"{machine.Plan.Name} was to {verb}, and its QEMU has told of nothing for {EventLimit.TotalSeconds:0} s", "is the host overloaded? Look at it: qemulab list");
        }
    }

    private static void EnsureUp(MachineStatus status, string verb)
    {
        if (!status.IsUp)
        {
            throw new QemuLabException(ErrorKind.Conflict, "machine-ended", $"{status.Name} ended while it was to {verb}: {status.Reason ?? $"it is {status.State}"}", NextStep(status));
        }
    }

    private static IRunningMachine Running(VirtualMachine machine, string verb, params ReadOnlySpan<MachineState> allowed)
    {
        MachineStatus status = machine.Status;
        return allowed.Contains(status.State) && machine.Running is { } running
            ? running
            : throw new QemuLabException(ErrorKind.Conflict, "machine-not-running", $"{status.Name} is {status.State}, and cannot {verb}", NextStep(status));
    }

    private static string NextStep(MachineStatus status) => status.State switch
    {
        MachineState.Stopped or MachineState.Failed or MachineState.CrashLoopBackOff => $"start it: qemulab start {status.Name}",
        MachineState.Suspended => $"resume it: qemulab resume {status.Name}",
        MachineState.Paused => $"let it go on: qemulab unpause {status.Name}",
        MachineState.Unknown => $"end it: qemulab stop --force {status.Name}",
        _ => "wait a moment: qemulab list",
    };

    private static VirtualMachine Find(LabEntry entry, string name) => entry.Find(name)
        ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"there is no machine '{name}' in lab {entry.Name}", "run: qemulab list");
}
