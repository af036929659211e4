using System.Globalization;
using QemuLab.Engine;
using QemuLab.Engine.Consoles;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>From when on a serial log is shown: <c>boot</c>, a duration ago, or a time.</summary>
/// <param name="Time">Null: from the last start of QEMU on.</param>
internal sealed record LogSince(DateTimeOffset? Time)
{
    public const string Boot = "boot";

    /// <exception cref="QemuLabException">It is none of these.</exception>
    public static LogSince? Parse(string? text, DateTimeOffset now) => text switch
    {
        null => null,
        Boot => new LogSince((DateTimeOffset?)null),
        _ when Duration.TryParse(text, out TimeSpan ago) => new LogSince(now - ago),
        _ when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset time) => new LogSince(time),
        _ => throw new QemuLabException(ErrorKind.Usage, "since-invalid", $"--since '{text}' is neither '{Boot}', nor a duration such as 10m, nor a time", "a time is 14:30, or 2026-01-31T14:30:00, or one with its zone"),
    };

    /// <summary>The place in a log; null where nobody knows.</summary>
    public long? PlaceIn(SerialLog log) => Time is { } time ? log.Since(time) : log.LastStart;
}
