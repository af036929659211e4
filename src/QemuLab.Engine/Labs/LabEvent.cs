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

    /// <summary>A snapshot was taken, removed or returned to; of a machine, how far it is with that, which is kept out of the replay.</summary>
    Snapshot,

    /// <summary>Something is wrong with a machine.</summary>
    Alarm,

    /// <summary>A hook of the lab file has done what it is there for.</summary>
    Hook,

    /// <summary>Files are copied to or from a machine; told by the command that does it, and by no daemon.</summary>
    Copy,

    /// <summary>A machine reached a stage of its lab file's, or did not.</summary>
    Stage,

    /// <summary>Something that a person should read.</summary>
    Warning,
}

/// <summary>Something that happened. Ids grow by one over the daemon's life, so that a reader can go on where it stopped.</summary>
/// <param name="Id">Over all labs; 0 for progress that is not kept.</param>
/// <param name="Time">The daemon's clock.</param>
/// <param name="Machine">Null where it is about the lab.</param>
/// <param name="Word">The new state, phase or alarm in its own word, or what an image is at (<c>download</c>, <c>build</c>), a snapshot, a copy.</param>
/// <param name="Message">For people; null where the word says it all.</param>
public sealed record LabEvent(long Id, DateTimeOffset Time, LabEventKind Kind, string Lab, string? Machine, string Word, string? Message)
{
    /// <summary>Of an event that tells of bytes: so many are done.</summary>
    public long? Done { get; init; }

    /// <summary>And so many there are in all; null: nobody knows.</summary>
    public long? Total { get; init; }

    public int Schema { get; } = DocumentSchema.Version;
}
