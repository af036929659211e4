namespace QemuLab.Engine.Boots;

/// <summary>What takes clearly longer in the newest boot than in those before.</summary>
/// <param name="Stage">The stage; <see cref="BootStage.Ready"/> stands for the whole boot.</param>
/// <param name="Seconds">What it took.</param>
/// <param name="MedianSeconds">What it had taken.</param>
public sealed record BootSlowdown(BootStage Stage, double Seconds, double MedianSeconds);

/// <summary>Compares a machine's newest boot with those before it.</summary>
public static class BootComparison
{
    private const double LeastTimes = 1.5, LeastSeconds = 2;

    /// <summary>One boot is no measure for another.</summary>
    private const int LeastBefore = 2;

    /// <summary>Only where both are ready boots of the same origin; the whole boot last.</summary>
    public static IReadOnlyList<BootSlowdown> Slower(IReadOnlyList<Boot> boots)
    {
        if (boots is not [.., { ReadyAfterSeconds: not null } newest]
            || boots.SkipLast(1).Where(boot => boot.ReadyAfterSeconds is not null && boot.Origin == newest.Origin).ToArray() is not { Length: >= LeastBefore } before)
        {
            return [];
        }

        return
        [
            .. StageSeconds(newest).Select(now => (now.Key, now.Value, Median: Median([.. before.Select(StageSeconds).Where(old => old.ContainsKey(now.Key)).Select(old => old[now.Key])])))
                .Where(stage => stage.Value > stage.Median * LeastTimes && stage.Value - stage.Median > LeastSeconds)
                .Select(stage => new BootSlowdown(stage.Key, stage.Value, stage.Median)),
        ];
    }

    private static Dictionary<BootStage, double> StageSeconds(Boot boot)
    {
        var times = boot.Periods(boot.StartedAt).ToDictionary(period => period.Stage, period => period.Seconds);
        times[BootStage.Ready] = boot.ReadyAfterSeconds!.Value;
        return times;
    }

    /// <summary>Of nothing: more than anything takes.</summary>
    private static double Median(double[] values)
    {
        Array.Sort(values);
        int half = values.Length / 2;
        return values.Length == 0 ? double.PositiveInfinity : values.Length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    }
}
