using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;

namespace QemuLab.Api;

/// <summary>A lab as it stands.</summary>
/// <param name="File">The lab file that it was launched from.</param>
internal sealed record LabView(string Name, string File, NetworkView Network, AcceleratorView? Accelerator, IReadOnlyList<string> Warnings, IReadOnlyList<MachineView> Machines);

/// <param name="Published">Host ports that lead to a whole group.</param>
internal sealed record NetworkView(string Subnet, string? Gateway, string? Dns, string Domain, IReadOnlyList<PublishedView> Published);

/// <summary>A host port that leads to the machines of a group in turn.</summary>
/// <param name="Port">As a lab file has it.</param>
internal sealed record PublishedView(string Port, string Group, IReadOnlyList<string> Machines);

/// <summary>A machine: what was decided for it and what is known of it.</summary>
internal sealed record MachineView : IMachineIdentity
{
    public required string Lab { get; init; }

    public required string Name { get; init; }

    public required string Group { get; init; }

    public required MachineState State { get; init; }

    public required BootPhase Phase { get; init; }

    /// <summary>State and phase for people, such as <c>Running (ready)</c>.</summary>
    public required string Status { get; init; }

    public string? Reason { get; init; }

    public string? Hint { get; init; }

    /// <summary>What is wrong with it; the newest last.</summary>
    public IReadOnlyList<AlarmView> Alarms { get; init; } = [];

    /// <summary>What holds for it beside its state, such as <c>Ready</c> and <c>Degraded</c>.</summary>
    public IReadOnlyList<MachineCondition> Conditions { get; init; } = [];

    /// <summary>What is made worse on purpose for it, such as <c>delay 50ms</c>.</summary>
    public IReadOnlyList<string> Impairments { get; init; } = [];

    public required DateTimeOffset Since { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Start of QEMU to the moment when it was ready.</summary>
    public double? ReadyAfterSeconds { get; init; }

    public int? ProcessId { get; init; }

    /// <summary>How far it has come in its stages; null where it has none, or has not begun.</summary>
    public StageProgress? Stages { get; init; }

    /// <summary>What was decided; null for a machine that the lab file no longer has.</summary>
    public PlannedMachineView? Plan { get; init; }

    public SshView? Ssh { get; init; }

    public MachineFilesView? Files { get; init; }

    /// <summary>There is a QEMU.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasProcess => State is MachineState.Starting or MachineState.Running or MachineState.Paused or MachineState.Stopping or MachineState.Unknown;

    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyDictionary<string, string> Labels => Plan?.Labels ?? new Dictionary<string, string>();

    /// <summary>What its guest agent says, where <c>info</c> has asked it; null in what the daemon answers.</summary>
    public GuestView? Guest { get; init; }
}

/// <summary>What a guest agent says at the moment when it is asked.</summary>
/// <param name="Interfaces">Its network interfaces but for loopback.</param>
/// <param name="Problem">Why it has said nothing; null where it has.</param>
internal sealed record GuestView(IReadOnlyList<GuestInterface> Interfaces, string? Problem = null);

/// <summary>Something that is wrong with a machine.</summary>
/// <param name="Disk">The disk that it is about, by its name in the lab file.</param>
/// <param name="Message">What happened; one line.</param>
/// <param name="Evidence">What shows it, such as the last lines of the guest's console.</param>
/// <param name="Hint">What to do.</param>
/// <param name="Since">When it happened first.</param>
/// <param name="Count">How often it has happened.</param>
internal sealed record AlarmView(MachineAlarmKind Kind, string? Disk, string Message, string? Evidence, string? Hint, DateTimeOffset Since, int Count);

/// <summary>What QEMU tells, in its own words.</summary>
/// <param name="Data">Null where it has none.</param>
internal sealed record QmpEventView(DateTimeOffset Time, string Event, System.Text.Json.JsonElement? Data);

/// <summary>Where a VNC viewer sees a machine's screen.</summary>
internal sealed record VncView(string Lab, string Machine, string Host, int Port, string Password);

/// <summary>How to log in.</summary>
/// <param name="Command">What a person types.</param>
/// <param name="Config">The lab's ssh configuration: <c>ssh -F CONFIG NAME</c>.</param>
internal sealed record SshView(string User, string Host, int Port, string Command, string Config);

/// <summary>A machine's files on this host.</summary>
/// <param name="Monitor">The QMP socket for people.</param>
/// <param name="Console">The serial console's socket.</param>
internal sealed record MachineFilesView(string Directory, string SerialLog, string QemuLog, string Seed, string Monitor, string Console);

/// <summary>What a machine has taken of the host since its start; bytes.</summary>
/// <param name="CpuSeconds">Time on processors, QEMU's own included.</param>
/// <param name="Memory">Of the host's.</param>
/// <param name="DiskRead">Absent, as all that follows, where nobody told in time.</param>
internal sealed record MachineUsageView(string Lab, string Machine, DateTimeOffset At, double CpuSeconds, long Memory, long? DiskRead, long? DiskWritten, long? NetworkReceived, long? NetworkSent);

/// <summary>The same as rates, between two looks.</summary>
/// <param name="Cpu">1 is one processor, fully.</param>
/// <param name="Memory">Bytes, at the second look.</param>
/// <param name="DiskRead">Bytes a second, as all that follows.</param>
internal sealed record MachineRatesView(string Lab, string Machine, double Cpu, long Memory, double? DiskRead, double? DiskWritten, double? NetworkReceived, double? NetworkSent);

/// <summary>What became of one of several machines.</summary>
/// <param name="Outcome">In one word, such as <c>Started</c> or <c>Failed</c>.</param>
/// <param name="Problem">Null where it went well.</param>
internal sealed record MachineOutcomeView(string Lab, string Machine, string Outcome, double Seconds, ProblemView? Problem = null);

/// <summary>What a stop or a start did to one machine.</summary>
internal sealed record MachineChangeView(string Lab, string Machine, string Outcome, double Seconds, MachineView? State);

/// <summary>What became of one machine of those that a verb was for.</summary>
/// <param name="Outcome">In one word; <c>Failed</c> where it did not come to it.</param>
/// <param name="Code">Which error it was; null where it was none.</param>
/// <param name="Messages">The error and what to try, as standard error has them.</param>
/// <param name="ExitCode">Its own; the command's is the highest of all.</param>
internal sealed record MachineResultView(string Lab, string Machine, string Outcome, double Seconds, string? Code = null, IReadOnlyList<string>? Messages = null, int ExitCode = 0);

/// <summary>What became of a command in one of several guests.</summary>
/// <param name="ExitCode">The command's; 125 where it could not be run.</param>
/// <param name="Output">Its standard output; absent where it was shown as it came.</param>
/// <param name="Error">Its standard error, likewise.</param>
/// <param name="Code">Why it could not be run; null where it was.</param>
/// <param name="Messages">The same for people.</param>
internal sealed record GuestResultView(string Lab, string Machine, int ExitCode, double Seconds, string? Output, string? Error, string? Code = null, IReadOnlyList<string>? Messages = null);
