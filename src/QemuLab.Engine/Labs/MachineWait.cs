using QemuLab.Engine.Boots;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>What a machine is waited for: <c>ready</c>, <c>running</c>, <c>ssh</c>, <c>stages</c>, <c>stopped</c>, or <c>state=NAME</c>.</summary>
public sealed class MachineWait
{
    private const string StatePrefix = "state=", StagesWord = "stages", SshWord = "ssh";

    private static readonly string[] Words = ["ready", "running", SshWord, StagesWord, "stopped", "state=Paused"];

    /// <summary>Every condition that there is.</summary>
    public static IReadOnlyList<string> Choices { get; } = ["ready", "running", SshWord, StagesWord, "stopped", .. Enum.GetNames<MachineState>().Select(state => StatePrefix + state)];

    private readonly Func<MachineStatus, bool> isReached;

    private readonly bool needsGuest;

    private MachineWait(string word, Func<MachineStatus, bool> isReached, bool needsGuest) => (Word, this.isReached, this.needsGuest) = (word, isReached, needsGuest);

    /// <summary>As it was asked for.</summary>
    public string Word { get; }

    /// <exception cref="QemuLabException">There is no such condition.</exception>
    public static MachineWait Parse(string word) => word switch
    {
        "ready" => new(word, status => status.State == MachineState.Running && status.Phase == BootPhase.Ready, needsGuest: true),
        "running" => new(word, status => status.State == MachineState.Running, needsGuest: true),
        SshWord => new(word, status => status.State == MachineState.Running && status.Phase is BootPhase.Login or BootPhase.Ready, needsGuest: true),
        StagesWord => new(word, status => status.Stages is { Result.IsPassed: true }, needsGuest: true),
        "stopped" => new(word, status => status.State is MachineState.Stopped or MachineState.Failed or MachineState.Suspended, needsGuest: false),
        _ when word.StartsWith(StatePrefix, StringComparison.Ordinal) => OfState(word),
        _ => throw new QemuLabException(ErrorKind.Usage, "condition-unknown", $"there is no condition '{word}'", NearestName.Of(word, Words) is { } nearest ? $"did you mean {nearest}?" : "wait for ready, running, ssh, stages, stopped or state=NAME"),
    };

    /// <summary>Completes with the status that it holds for.</summary>
    /// <exception cref="QemuLabException">It cannot come without somebody's doing, or not within the limit.</exception>
    internal async Task<MachineStatus> RunAsync(VirtualMachine machine, TimeSpan? limit, TimeProvider clock, CancellationToken cancellation)
    {
        EnsureSensible(machine.Plan);
        using var time = new TimeLimit(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellation);
        MachineStatus status;
        try
        {
            status = await machine.WhenAsync(now => isReached(now) || IsHopeless(now), either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            status = machine.Status;
            string message = $"{status.Name} {(Word == StagesWord ? "has not passed its stages" : $"is not {Word}")} within the time limit: it is {status.State}{(status.IsUp ? $", {BootPhases.Describe(status)}" : "")}", hint = $"watch it: qemulab logs -f {status.Name}";
            throw needsGuest && status.State == MachineState.Running
                ? BootInquiry.TimedOut("wait-timeout", message, machine.Plan, status, machine.Now, hint)
                : new QemuLabException(ErrorKind.TimedOut, "wait-timeout", message, hint);
        }

        return isReached(status) ? status : throw Hopeless(status);
    }

    private static MachineWait OfState(string word)
    {
        string name = word[StatePrefix.Length..];
        string[] states = Enum.GetNames<MachineState>();
        return states.FirstOrDefault(state => state.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } known
            ? new MachineWait(word, status => status.State.ToString() == known, needsGuest: false)
            : throw new QemuLabException(ErrorKind.Usage, "state-unknown", $"there is no state '{name}'", NearestName.Of(name, states) is { } nearest ? $"did you mean {StatePrefix}{nearest}?" : $"states are: {string.Join(", ", states)}");
    }

    private void EnsureSensible(MachinePlan plan)
    {
        if (Word == StagesWord && plan.Spec.Stages.Count == 0)
        {
            throw new QemuLabException(ErrorKind.Conflict, "no-stages", $"{plan.Name} has no stages", "give it some: stages, in the lab file");
        }

        if (Word == SshWord && plan.Spec.Ready == ReadyBy.Stages)
        {
            throw new QemuLabException(ErrorKind.Conflict, "no-login-asked", $"{plan.Name} is ready by its stages alone (ready: stages), and no login is tried", $"wait for these: qemulab wait {plan.Name} --for {StagesWord}");
        }
    }

    /// <summary>Whether the guest comes no nearer by itself. A machine in back-off does: it is started again; and one that has gone in mid-stage, whose console is read to its end first.</summary>
    private bool IsHopeless(MachineStatus status) => Word == StagesWord && status.Stages is { } stages ? stages.Result is { IsPassed: false } || status.State == MachineState.Suspended : needsGuest
        && (status.State is MachineState.Stopped or MachineState.Failed or MachineState.Suspended or MachineState.Paused or MachineState.Unknown || status.Phase == BootPhase.Failed);

    private QemuLabException Hopeless(MachineStatus status) => (Word == StagesWord || status.Phase == BootPhase.Failed) && status.Stages is { Result: { IsPassed: false } failed } ? failed.Error(status.Name) : new(
        status.Fault ?? ErrorKind.Conflict,
        "wait-hopeless",
        $"{status.Name} {(Word == StagesWord ? "does not come to its stages" : $"does not become {Word}")} by itself: it is {status.State}{(status.Reason is { } reason ? $", {reason}" : "")}",
        status.Hint ?? (status.State == MachineState.Suspended ? $"qemulab resume {status.Name}" : status.State == MachineState.Paused ? $"qemulab unpause {status.Name}" : $"qemulab start {status.Name}"));
}
