using System.Runtime.CompilerServices;
using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Labs;

/// <summary>Knows which boot a watch of a machine is for: a new one, or one that a former daemon has seen begin.</summary>
internal sealed class BootRecorders(TimeProvider clock)
{
    /// <summary>A machine whose CPUs were let go so long after QEMU's start was held: its boot begins then.</summary>
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(5);

    private readonly ConditionalWeakTable<VirtualMachine, Seen> machines = [];

    /// <summary>Called as a watch begins, before the CPUs run; null where there is nothing to keep.</summary>
    public BootRecorder? For(VirtualMachine machine)
    {
        if (machine.Status is not { ProcessId: { } process, StartedAt: { } started } status)
        {
            return null;
        }

        DateTimeOffset now = clock.GetUtcNow();
        Seen? before = machines.TryGetValue(machine, out Seen? known) && known.ProcessId == process ? known : null;
        BootRecorder? recorder = status.Restored is not null ? Forget(before)
            : before is not null ? Again(machine, before, process, started, now)
            : status.Phase == BootPhase.Ready ? null
            : new BootLog(machine.Plan.Directory.Boots).Last() is { } last && last.ProcessId == process && last.ProcessStartedAt == started ? Resume(machine, last)
            : Begin(machine, BootOrigin.Start, process, started, status.Since - started > LongestStart ? status.Since : started);
        machines.AddOrUpdate(machine, new Seen(process, recorder));
        return recorder;
    }

    private BootRecorder Begin(VirtualMachine machine, BootOrigin origin, int process, DateTimeOffset started, DateTimeOffset at)
    {
        var log = new BootLog(machine.Plan.Directory.Boots);
        Boot boot = Boot.Begin(origin, process, started, at, SerialTail.Length(machine.Plan.Directory.SerialLog));
        log.Begin(boot);
        return new BootRecorder(log, boot, clock);
    }

    /// <summary>A guest's reboot may come as two resets at once, of which the second counts.</summary>
    private BootRecorder Again(VirtualMachine machine, Seen before, int process, DateTimeOffset started, DateTimeOffset now)
    {
        if (before.Recorder is { Boot: { Origin: BootOrigin.Reset, Marks.Count: 1 } boot } echo && now - boot.StartedAt < MachineAlarms.EchoOfReset)
        {
            echo.Discard();
        }

        return Begin(machine, BootOrigin.Reset, process, started, now);
    }

    /// <summary>A boot that has been seen to its end is looked at again, and not kept again.</summary>
    private BootRecorder? Resume(VirtualMachine machine, Boot last)
    {
        if (last.End == BootEnd.Ready)
        {
            return null;
        }

        var log = new BootLog(machine.Plan.Directory.Boots);
        log.Resume();
        return new BootRecorder(log, last with { End = null, EndedAt = null }, clock);
    }

    /// <summary>A machine that goes on with a memory does not boot; QEMU was started for it nevertheless.</summary>
    private static BootRecorder? Forget(Seen? before)
    {
        if (before?.Recorder is { } begun && begun.Boot.Marks.All(mark => mark.Stage is BootStage.Process or BootStage.Ready))
        {
            begun.Discard();
        }

        return null;
    }

    private sealed record Seen(int ProcessId, BootRecorder? Recorder);
}
