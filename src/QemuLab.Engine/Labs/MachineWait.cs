using QemuLab.Engine.Boots;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>What a machine is waited for: <c>ready</c>, <c>running</c>, <c>ssh</c>, <c>stopped</c>, or <c>state=NAME</c>.</summary>
public sealed class MachineWait
{
    private const string StatePrefix = "state=";

    private static readonly string[] Words = ["ready", "running", "ssh", "stopped", "state=Paused"];

    /// <summary>Every condition that there is.</summary>
    public static IReadOnlyList<string> Choices { get; } = ["ready", "running", "ssh", "stopped", .. Enum.GetNames<MachineState>().Select(state => StatePrefix + state)];

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
        "ssh" => new(word, status => status.State == MachineState.Running && status.Phase is BootPhase.Login or BootPhase.Ready, needsGuest: true),
        "stopped" => new(word, status => status.State is MachineState.Stopped or MachineState.Failed or MachineState.Suspended, needsGuest: false),
        _ when word.StartsWith(StatePrefix, StringComparison.Ordinal) => OfState(word),
        _ => throw new QemuLabException(ErrorKind.Usage, "condition-unknown", $"there is no condition '{word}'", NearestName.Of(word, Words) is { } nearest ? $"did you mean {nearest}?" : "wait for ready, running, ssh, stopped or state=NAME"),
    };

    /// <summary>Completes with the status that it holds for.</summary>
    /// <exception cref="QemuLabException">It cannot come without somebody's doing, or not within the limit.</exception>
    internal async Task<MachineStatus> RunAsync(VirtualMachine machine, TimeSpan? limit, TimeProvider clock, CancellationToken cancellation)
    {
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
            string message = $"{status.Name} is not {Word} within the time limit: it is {status.State}{(status.IsUp ? $", {BootPhases.Describe(status)}" : "")}", hint = $"watch it: qemulab logs -f {status.Name}";
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

    /// <summary>Whether the guest comes no nearer by itself. A machine in back-off does: it is started again.</summary>
    private bool IsHopeless(MachineStatus status) => needsGuest
        && (status.State is MachineState.Stopped or MachineState.Failed or MachineState.Suspended or MachineState.Paused or MachineState.Unknown || status.Phase == BootPhase.Failed);

    private QemuLabException Hopeless(MachineStatus status) => new(
        status.Fault ?? ErrorKind.Conflict,
        "wait-hopeless",
        $"{status.Name} does not become {Word} by itself: it is {status.State}{(status.Reason is { } reason ? $", {reason}" : "")}",
        status.Hint ?? (status.State == MachineState.Suspended ? $"qemulab resume {status.Name}" : status.State == MachineState.Paused ? $"qemulab unpause {status.Name}" : $"qemulab start {status.Name}"));
}
