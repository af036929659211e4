using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace QemuLab.Output;

/// <summary>Durations as people type and read them: <c>30</c> (seconds), <c>30s</c>, <c>5m</c>, <c>1h30m</c>.</summary>
internal static partial class Duration
{
    public const string Rule = "a duration such as 30s, 5m or 1h30m; a bare number is seconds";

    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan duration)
    {
        duration = default;
        Match match = Parts().Match(text ?? "");
        if (!match.Success || string.IsNullOrEmpty(text))
        {
            return false;
        }

        double Part(string unit) => match.Groups[unit] is { Success: true } group ? double.Parse(group.Value, CultureInfo.InvariantCulture) : 0;
        double seconds = (Part("d") * 86400) + (Part("h") * 3600) + (Part("m") * 60) + Part("s") + (Part("ms") / 1000);
        if (seconds > TimeSpan.FromDays(365).TotalSeconds)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>The two largest units: <c>8s</c>, <c>3m12s</c>, <c>2h5m</c>, <c>4d3h</c>.</summary>
    public static string Short(TimeSpan duration) => duration switch
    {
        { Ticks: < 0 } => "0s",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.Seconds}s"),
        { TotalHours: < 1 } => Two(duration.Minutes, "m", duration.Seconds, "s"),
        { TotalDays: < 1 } => Two(duration.Hours, "h", duration.Minutes, "m"),
        _ => Two(duration.Days, "d", duration.Hours, "h"),
    };

    private static string Two(int first, string firstUnit, int second, string secondUnit) => second == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{first}{firstUnit}")
        : string.Create(CultureInfo.InvariantCulture, $"{first}{firstUnit}{second}{secondUnit}");

    [GeneratedRegex(@"\A(?:(?<d>\d{1,6})d)?(?:(?<h>\d{1,6})h)?(?:(?<m>\d{1,8})m(?!s))?(?:(?<s>\d{1,9}(?:\.\d{1,3})?)(?:s|\z))?(?:(?<ms>\d{1,9})ms)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Parts();
}
