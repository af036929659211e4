using System.Text.Json.Serialization;

namespace QemuLab.Engine.Labs;

/// <summary>What an event is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LabEventKind>))]
public enum LabEventKind
{
    /// <summary>A machine entered another state.</summary>
    State,

    /// <summary>A machine's guest reached another boot phase.</summary>
    Phase,

    /// <summary>An image is being downloaded or built. Kept out of the replay: only the last one matters.</summary>
    Image,

    /// <summary>The lab's network changed.</summary>
    Network,

    /// <summary>A snapshot was taken, removed or returned to.</summary>
    Snapshot,

    /// <summary>Something is wrong with a machine.</summary>
    Alarm,

    /// <summary>Something that a person should read.</summary>
    Warning,
}

/// <summary>Something that happened. Ids grow by one over the daemon's life, so that a reader can go on where it stopped.</summary>
/// <param name="Id">Over all labs; 0 for progress that is not kept.</param>
/// <param name="Time">The daemon's clock.</param>
/// <param name="Machine">Null where it is about the lab.</param>
/// <param name="Word">The new state, phase or alarm in its own word, or what an image is at (<c>download</c>, <c>build</c>).</param>
/// <param name="Message">For people; null where the word says it all.</param>
public sealed record LabEvent(long Id, DateTimeOffset Time, LabEventKind Kind, string Lab, string? Machine, string Word, string? Message);
