using System.Runtime.CompilerServices;
using QemuLab.Engine.Consoles;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Stages;

/// <summary>Knows which machines are being driven through their stages: begins with each start of QEMU, goes on where a former daemon or a memory was.</summary>
internal sealed class StageRuns(StageTools tools)
{
    private readonly ConditionalWeakTable<VirtualMachine, Known> machines = [];

    /// <summary>Called as a watch of a machine begins, before its CPUs run; completes with the end of its stages, null where it has none.</summary>
    public Task<StageResult>? For(VirtualMachine machine)
    {
        if (machine.Plan.Spec.Stages is not { Count: > 0 } asked || machine.Status is not { ProcessId: { } process, StartedAt: { } started } status)
        {
            return null;
        }

        Known? known = machines.TryGetValue(machine, out Known? before) && before.ProcessId == process ? before : null;
        if (known is not null && (status.Restored is null || status.Restored.At == known.RestoredAt))
        {
            return known.Run.Ended;
        }

        if (known is null && machine.AwaitsMemory && status.Restored is null)
        {
            // It is another guest's that this QEMU will go on with: nothing is waited for until that is there.
            return new TaskCompletionSource<StageResult>().Task;
        }

        known?.Run.Dispose();
        var stages = new StageMachine(machine.Plan.Name, asked);
        var run = new StageRun(machine, stages, StateOf(machine, stages, process, started), tools);
        machines.AddOrUpdate(machine, new Known(process, status.Restored?.At, run));
        return run.Ended;
    }

    /// <summary>How its last start has ended, of a machine that may not be up now. One whose QEMU has gone in mid-stage without a daemon is nowhere.</summary>
    public static void Recall(VirtualMachine machine)
    {
        if (machine.Plan.Spec.Stages.Count > 0 && StageFile.Read(machine.Plan.Directory) is { Result: not null } last)
        {
            machine.Post(new MachineMessage.StagesMoved(last.Progress));
        }
    }

    private StageState StateOf(VirtualMachine machine, StageMachine stages, int process, DateTimeOffset started)
    {
        DateTimeOffset now = tools.Clock.GetUtcNow();
        var log = new SerialLog(machine.Plan.Directory.SerialLog);
        long end = log.Base + SerialLog.Length(log.Path);
        StageState? last = StageFile.Read(machine.Plan.Directory);
        bool isItsOwn = last?.ProcessId == process && last.ProcessStartedAt == started;
        if (machine.Status.Restored is { } memory)
        {
            StageState fresh = stages.Begin(process, started, end, now);
            return memory.Stage is { } stage ? stages.Restore(fresh, stage)
                : memory.WasReady ? stages.Restore(fresh, "")
                : last is null ? fresh
                : Checked(stages, last with { ProcessId = process, ProcessStartedAt = started, Since = now }, now);
        }

        return isItsOwn ? Checked(stages, last!, now) : stages.Begin(process, started, log.LastStart ?? end, now);
    }

    private static StageState Checked(StageMachine stages, StageState last, DateTimeOffset now) =>
        last.Result is null && last.Digest != stages.Digest ? stages.Changed(last, now).Next : last;

    private sealed record Known(int ProcessId, DateTimeOffset? RestoredAt, StageRun Run);
}
