namespace QemuLab.Engine.Hooks;

/// <summary>What a hook can be for.</summary>
public enum HookEvent
{
    /// <summary>A machine's QEMU runs.</summary>
    Started,

    /// <summary>A guest is ready, again after each of its reboots.</summary>
    Ready,

    /// <summary>A guest will not become ready by itself.</summary>
    NotReady,

    /// <summary>A machine's CPUs stand still, be it for the moment that a snapshot takes.</summary>
    Paused,

    /// <summary>They go on, or the machine goes on with the memory that it was suspended with.</summary>
    Resumed,

    /// <summary>A machine's memory is on disk.</summary>
    Suspended,

    /// <summary>A machine has ended as was asked, or its guest has shut down.</summary>
    Stopped,

    /// <summary>A machine could not be started, or has ended and nobody asked for it.</summary>
    Failed,

    /// <summary>Something is wrong with a machine.</summary>
    Alarm,

    /// <summary>Every machine of the lab that is to run is ready.</summary>
    LabReady,

    /// <summary>The last machine of the lab has ended.</summary>
    LabStopped,
}

/// <summary>The events' words, as the lab file and a hook's note have them.</summary>
public static class HookEvents
{
    private static readonly (HookEvent Event, string Word)[] All =
    [
        (HookEvent.Started, "started"),
        (HookEvent.Ready, "ready"),
        (HookEvent.NotReady, "not-ready"),
        (HookEvent.Paused, "paused"),
        (HookEvent.Resumed, "resumed"),
        (HookEvent.Suspended, "suspended"),
        (HookEvent.Stopped, "stopped"),
        (HookEvent.Failed, "failed"),
        (HookEvent.Alarm, "alarm"),
        (HookEvent.LabReady, "lab-ready"),
        (HookEvent.LabStopped, "lab-stopped"),
    ];

    /// <summary>Every word.</summary>
    public static IReadOnlyList<string> Words { get; } = [.. All.Select(pair => pair.Word)];

    public static string Word(this HookEvent happened) => All.First(pair => pair.Event == happened).Word;

    /// <summary>Whether it is about the lab as a whole, and no single machine.</summary>
    public static bool IsOfLab(this HookEvent happened) => happened is HookEvent.LabReady or HookEvent.LabStopped;

    /// <summary>Reads one of <see cref="Words"/>.</summary>
    public static bool TryParse(string word, out HookEvent happened)
    {
        int index = Array.FindIndex(All, pair => pair.Word == word);
        happened = index < 0 ? default : All[index].Event;
        return index >= 0;
    }
}
