using System.Globalization;
using QemuLab.Engine.Boots;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>The state of one wait: what has been reached, when something last moved, and so when to give up.</summary>
internal sealed class ReadinessWait(ReadinessTarget target, ReadinessOptions options, IProgress<ReadinessUpdate>? progress, TimeProvider time)
{
    private const int QuotedLines = 8;

    /// <summary>A guest that has been silent for long is looked at seldom.</summary>
    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(250), LongestLook = TimeSpan.FromSeconds(5);

    /// <summary>A guest that has met its end is given up after so long a silence.</summary>
    private static readonly TimeSpan FinalSilence = TimeSpan.FromSeconds(10);

    private readonly long start = time.GetTimestamp();
    private readonly Lock gate = new();
    private long moved = time.GetTimestamp();
    private BootPhase reached = BootPhase.Process;
    private string? said;
    private LoginFailure? lastTry;
    private Boot? boot = target.Boot;

    public Requirement WaitingFor { get; set; } = Requirement.Banner;

    /// <summary>How the last login has failed; null where none was tried, or one works.</summary>
    public LoginFailure? LastTry
    {
        get => lastTry;
        set
        {
            lock (gate)
            {
                lastTry = value;
                Learn(boot is { } known && known.LoginFailure != value?.Quote ? known with { LoginFailure = value?.Quote } : boot, isNews: false);
            }
        }
    }

    /// <summary>Something moved; a phase is reported once, and never backwards, and so is a stage.</summary>
    public void Moved(BootPhase phase, string? detail = null, BootStage? stage = null)
    {
        lock (gate)
        {
            moved = time.GetTimestamp();
            bool isNews = phase > reached || (phase == reached && detail is not null && detail != said);
            if (isNews)
            {
                (reached, said) = (phase, detail);
            }

            Learn(stage is { } further ? boot?.Reach(further, time.GetUtcNow()) : boot, isNews);
        }
    }

    /// <summary>Returns when there is no more hope, with the reason.</summary>
    /// <exception cref="ReadinessException">The console says that it comes no further.</exception>
    public async Task<string> GiveUpAsync(CancellationToken cancellation)
    {
        // What is there already is of an earlier boot, or was read by whoever has seen this one begin.
        var console = new ConsoleFollower(target.SerialLogPath, boot?.ConsoleFrom ?? SerialTail.Length(target.SerialLogPath));
        for (bool looked = false; ; await Task.Delay(Look(), time, cancellation))
        {
            (bool hasGrown, IReadOnlyList<BootStage> stages) = console.Look();
            if (hasGrown)
            {
                looked = false;
            }

            if (hasGrown && stages is [])
            {
                Moved(BootPhase.Console);
            }

            foreach (BootStage stage in stages)
            {
                Moved(BootPhase.Console, BootStages.Word(stage), stage);
            }

            if (options.Stages is { IsCompleted: false })
            {
                StandStill();
            }

            if (options.Timeout is { } limit && time.GetElapsedTime(start) >= limit)
            {
                return $"it had {Seconds(limit)}";
            }

            if (!looked && StandsStillFor() >= FinalSilence)
            {
                looked = true;
                IReadOnlyList<BootFinding> findings = Findings();
                if (findings.Any(finding => finding.IsFinal))
                {
                    throw Hopeless(findings[0]);
                }
            }

            if (StandsStillFor() >= options.NoProgressLimit)
            {
                return $"nothing has moved for {Seconds(options.NoProgressLimit)}";
            }
        }
    }

    public ReadinessException TimedOut(string reason)
    {
        List<string> lines = [$"{target.Machine} is not ready after {Seconds(time.GetElapsedTime(start))}: {reason}, while waiting for {WaitingFor.WaitingFor}"];
        if (LastTry is { } failure && WaitingFor != Requirement.Banner)
        {
            lines.Add($"the last login said: {failure.Quote}");
        }
        else if (said is { } detail)
        {
            lines.Add($"it was at: {detail}");
        }

        IReadOnlyList<string> tail = SerialTail.Read(target.SerialLogPath, QuotedLines, boot?.ConsoleFrom ?? 0);
        lines.Add(tail.Count > 0 ? "its serial console ends with:" : "its serial console is silent");
        lines.AddRange(tail.Select(line => "  " + line));
        IReadOnlyList<BootFinding> findings = Findings();
        lines.AddRange(FindingText.Lines(findings));
        return new ReadinessException(
            ErrorKind.TimedOut, "not-ready-in-time", string.Join('\n', lines), FindingText.Advice(findings) ?? WaitingFor.Hint(target.Machine, LastTry), reached);
    }

    private ReadinessException Hopeless(BootFinding cause) => new(
        ErrorKind.Failed,
        cause.Code,
        string.Join('\n', [$"{target.Machine} does not become ready: {cause.Meaning}", .. cause.Quote is { } quote ? ["  " + quote] : (string[])[]]),
        cause.Advice,
        reached);

    private IReadOnlyList<BootFinding> Findings() => BootDiagnosis.Of(new BootEvidence
    {
        Machine = target.Machine,
        Boot = boot,
        Console = BootInquiry.Console(target.SerialLogPath, boot),
        Firmware = target.Firmware,
        AnsweredBy = HostKeyOwner.Of(boot?.LoginFailure, Path.GetDirectoryName(target.SerialLogPath)!),
        Silence = StandsStillFor(),
        Elapsed = time.GetElapsedTime(start),
    });

    public ReadinessException CloudInitFailed(CloudInitResult result)
    {
        lock (gate)
        {
            Learn(boot is null ? null : boot with { CloudInitErrors = result.Errors }, isNews: false);
        }

        string more = result.Errors.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" (and {result.Errors.Count - 1} more)") : "";
        string why = result.Explanation is { } line && !result.Errors[0].Contains(line, StringComparison.Ordinal) ? $"\nits output says: {line}" : "";
        return new ReadinessException(
            ErrorKind.Failed,
            "cloud-init-failed",
            $"{target.Machine}: cloud-init failed: {result.Errors[0]}{more}{why}",
            $"read: qemulab logs {target.Machine}, and in the guest: qemulab ssh {target.Machine} -- sudo tail -n 50 /var/log/cloud-init-output.log",
            reached);
    }

    private void Learn(Boot? now, bool isNews)
    {
        if (isNews || now != boot)
        {
            boot = now;
            progress?.Report(new ReadinessUpdate(reached, said, boot));
        }
    }

    /// <summary>It may: its stages say for how long.</summary>
    private void StandStill()
    {
        lock (gate)
        {
            moved = time.GetTimestamp();
        }
    }

    /// <summary>Not beyond the moment when the wait is given up.</summary>
    private TimeSpan Look()
    {
        TimeSpan still = StandsStillFor();
        long pause = Math.Clamp((still / 20).Ticks, ShortestLook.Ticks, LongestLook.Ticks), left = (options.NoProgressLimit - still).Ticks;
        return TimeSpan.FromTicks(left > 0 ? Math.Min(pause, left) : ShortestLook.Ticks);
    }

    private TimeSpan StandsStillFor()
    {
        lock (gate)
        {
            return time.GetElapsedTime(moved);
        }
    }

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s");
}
