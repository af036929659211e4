using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Qemu;

/// <summary>What a candidate's run says of it.</summary>
/// <param name="Candidate">What was tried.</param>
/// <param name="Failure">Why it is no good, for people, to be followed by "under cpu MODEL"; null where it is good.</param>
internal sealed record ProbeVerdict(ProbeCandidate Candidate, string? Failure)
{
    private const int Aborted = 134;

    public bool IsGood => Failure is null;

    /// <summary>Good only where exit code and letters are both exactly right.</summary>
    public static ProbeVerdict Of(ProbePayload payload, ProbeCandidate candidate, CommandResult result)
    {
        bool isComplete = result.Output == payload.Signature;
        string stopped = StoppedAt(payload, result.Output);
        return new ProbeVerdict(candidate, result switch
        {
            { TimedOut: true } when isComplete => "the guest did not end",
            { TimedOut: true } => $"the guest {stopped}",
            { ExitCode: Aborted } => $"QEMU aborted ({LastLine(result.Error)})",
            _ when result.ExitCode == payload.WrongExitCode => $"the guest came to a wrong result and {stopped}",
            _ when result.ExitCode == payload.GoodExitCode && isComplete => null,
            { ExitCode: 0 } => $"the guest crashed: it {stopped}",
            _ => $"QEMU refused ({LastLine(result.Error)})",
        });
    }

    /// <summary>The stage after the last letter is the one that failed.</summary>
    private static string StoppedAt(ProbePayload payload, string letters)
    {
        int proven = payload.Signature.AsSpan().CommonPrefixLength(letters);
        return proven < payload.Stages.Count
            ? $"stopped at stage {payload.Stages[proven].Letter} ({payload.Stages[proven].Meaning})"
            : "said more than it should";
    }

    private static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault() is { } line
            ? line[(line.StartsWith("qemu-system", StringComparison.Ordinal) ? line.IndexOf(':', StringComparison.Ordinal) + 1 : 0)..].Trim()
            : "it said nothing";
}
