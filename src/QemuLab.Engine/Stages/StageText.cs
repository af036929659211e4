using System.Globalization;

namespace QemuLab.Engine.Stages;

/// <summary>What stages have to say, in words.</summary>
internal static class StageText
{
    private const int LongestQuote = 120;

    /// <summary><c>90s</c>, <c>5m</c>: as a lab file has it.</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds >= 60 && time.TotalSeconds % 60 == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0}m")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s");

    /// <summary><c>3.2 s</c>, and from a hundred seconds on without a fraction.</summary>
    public static string Seconds(double seconds) => Math.Max(0, seconds).ToString(seconds < 100 ? "0.0 s" : "0 s", CultureInfo.InvariantCulture);

    /// <summary>A piece of a console for people: one line, not too long.</summary>
    public static string Quote(string text)
    {
        string line = text.Trim();
        return line.Length <= LongestQuote ? line : line[..(LongestQuote - 1)] + "…";
    }
}
