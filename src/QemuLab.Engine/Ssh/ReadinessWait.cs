using System.Globalization;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>The state of one wait: what has been reached, when something last moved, and so when to give up.</summary>
internal sealed class ReadinessWait(ReadinessTarget target, ReadinessOptions options, IProgress<ReadinessUpdate>? progress, TimeProvider time)
{
    private const int QuotedLines = 8;

    /// <summary>A guest that has been silent for long is looked at seldom.</summary>
    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(500), LongestLook = TimeSpan.FromSeconds(5);

    private readonly long start = time.GetTimestamp();
    private readonly Lock gate = new();
    private long moved = time.GetTimestamp();
    private BootPhase reached = BootPhase.Process;
    private string? said;

    public Requirement WaitingFor { get; set; } = Requirement.Banner;

    public LoginFailure? LastTry { get; set; }

    /// <summary>Something moved; a phase is reported once, and never backwards.</summary>
    public void Moved(BootPhase phase, string? detail = null)
    {
        lock (gate)
        {
            moved = time.GetTimestamp();
            if (phase < reached || (phase == reached && (detail is null || detail == said)))
            {
                return;
            }

            (reached, said) = (phase, detail);
            progress?.Report(new ReadinessUpdate(phase, detail));
        }
    }

    /// <summary>Returns when there is no more hope, with the reason.</summary>
    public async Task<string> GiveUpAsync(CancellationToken cancellation)
    {
        for (long length = 0; ; await Task.Delay(Look(), time, cancellation))
        {
            long now = SerialTail.Length(target.SerialLogPath);
            if (now != length)
            {
                length = now;
                Moved(BootPhase.Console);
            }

            if (options.Timeout is { } limit && time.GetElapsedTime(start) >= limit)
            {
                return $"it had {Seconds(limit)}";
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

        IReadOnlyList<string> tail = SerialTail.Read(target.SerialLogPath, QuotedLines);
        lines.Add(tail.Count > 0 ? "its serial console ends with:" : "its serial console is silent");
        lines.AddRange(tail.Select(line => "  " + line));
        return new ReadinessException(ErrorKind.TimedOut, "not-ready-in-time", string.Join('\n', lines), WaitingFor.Hint(target.Machine, LastTry), reached);
    }

    public ReadinessException CloudInitFailed(CloudInitResult result)
    {
        string more = result.Errors.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" (and {result.Errors.Count - 1} more)") : "";
        string why = result.Explanation is { } line && !result.Errors[0].Contains(line, StringComparison.Ordinal) ? $"\nits output says: {line}" : "";
        return new ReadinessException(
            ErrorKind.Failed,
            "cloud-init-failed",
            $"{target.Machine}: cloud-init failed: {result.Errors[0]}{more}{why}",
            $"read: qemulab logs {target.Machine}, and in the guest: qemulab ssh {target.Machine} -- sudo tail -n 50 /var/log/cloud-init-output.log",
            reached);
    }

    private TimeSpan Look() => TimeSpan.FromTicks(Math.Clamp((StandsStillFor() / 20).Ticks, ShortestLook.Ticks, LongestLook.Ticks));

    private TimeSpan StandsStillFor()
    {
        lock (gate)
        {
            return time.GetElapsedTime(moved);
        }
    }

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s");
}
