using System.Globalization;
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>From which event on: an id, for who goes on where it stopped, or a time.</summary>
/// <param name="Id">Only events above it.</param>
/// <param name="Time">Only events from then on; null: all above the id.</param>
internal sealed record EventSince(long Id, DateTimeOffset? Time)
{
    /// <exception cref="QemuLabException">It is none of these.</exception>
    public static EventSince Parse(string? text, DateTimeOffset now) => text switch
    {
        null => new EventSince(0, null),
        _ when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) => new EventSince(id, null),
        _ when Duration.TryParse(text, out TimeSpan ago) => new EventSince(0, now - ago),
        _ when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset time) => new EventSince(0, time),
        _ => throw new QemuLabException(ErrorKind.Usage, "since-invalid", $"--since '{text}' is neither an event's id, nor a duration such as 10m, nor a time", "a time is 14:30, or 2026-01-31T14:30:00, or one with its zone"),
    };

    public bool Includes(LabEvent happened) => Time is null || happened.Time >= Time;
}
