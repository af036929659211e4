using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;

namespace QemuLab.Api;

/// <summary>How far a machine has come in its stages, of the last start of QEMU.</summary>
internal sealed record StagesView
{
    public required string Lab { get; init; }

    public required string Machine { get; init; }

    /// <summary>The machine's.</summary>
    public required MachineState State { get; init; }

    /// <summary>When they began; null where they have not.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>From their begin to their end, or until now.</summary>
    public double? Seconds { get; init; }

    /// <summary>In the lab file's order; of a machine that has begun, those that it began with.</summary>
    public required IReadOnlyList<StageView> Stages { get; init; }

    /// <summary>Null while they go on, and where they have not begun.</summary>
    public StageResultView? Result { get; init; }
}

/// <param name="Seconds">How long it was waited for, or is.</param>
/// <param name="Matched">The console's line that it was told by.</param>
/// <param name="Rounds">How often it was begun.</param>
internal sealed record StageView(string Name, StagePhase State, double? Seconds, string? Matched, int Rounds);

/// <param name="Code">0: all were reached; else the exit code that the lab file gives.</param>
/// <param name="Stage">The one that was not reached.</param>
/// <param name="Message">Why not.</param>
internal sealed record StageResultView(int Code, string? Stage, string? Message, string? Hint);

/// <summary>Makes the API's records from the engine's stages.</summary>
internal static class ViewsOfStages
{
    private const string Unseen = "it ended while no daemon was there";

    /// <summary>Null where the machine has no stages.</summary>
    public static StagesView? Stages(this MachineStatus machine, MachinePlan plan, DateTimeOffset now)
    {
        StageState? last = StageFile.Read(plan.Directory);
        if (plan.Spec.Stages.Count == 0 && last is null)
        {
            return null;
        }

        // What is kept may still be of the start before.
        bool isLast = last is not null && (machine.ProcessId is null || machine.ProcessId == last.ProcessId || last.Result is not null);
        if (!isLast || (machine.IsUp && machine.ProcessId != last!.ProcessId) || plan.Spec.Stages.Count == 0)
        {
            return new StagesView { Lab = machine.Lab, Machine = machine.Name, State = machine.State, Stages = [.. plan.Spec.Stages.Select(stage => new StageView(stage.Name, StagePhase.Waiting, null, null, 0))] };
        }

        // Of one whose QEMU has just ended, the console is read to its end first.
        bool goesOn = machine.IsUp || machine.State == MachineState.Suspended || machine.Stages is { Result: null };
        StageResult? result = last!.Result ?? (goesOn ? null : new StageResult(1, Unseen, last.Passages[last.Current].Name));
        return new StagesView
        {
            Lab = machine.Lab,
            Machine = machine.Name,
            State = machine.State,
            StartedAt = last.StartedAt,
            Seconds = Rounded((last.EndedAt ?? (machine.IsUp ? now : last.Since)) - last.StartedAt),
            Stages = [.. last.Passages.Select(passage => passage.Phase == StagePhase.UnderWay
                ? new StageView(passage.Name, goesOn ? StagePhase.UnderWay : StagePhase.Failed, machine.IsUp ? Rounded(now - last.Since) : null, null, passage.Rounds)
                : new StageView(passage.Name, passage.Phase, passage.Seconds, passage.Matched, passage.Rounds))],
            Result = result is null ? null : new StageResultView(result.Code, result.Stage, result.Message, result.Hint),
        };
    }

    private static double Rounded(TimeSpan time) => Math.Round(Math.Max(0, time.TotalSeconds), 3);
}
