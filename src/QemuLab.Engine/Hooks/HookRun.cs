namespace QemuLab.Engine.Hooks;

/// <summary>How a hook ended.</summary>
public enum HookOutcome
{
    /// <summary>The command ended with 0, or the server took the note.</summary>
    Done,

    /// <summary>The command ended with another code or could not be started; the server refused the note or was not to be reached.</summary>
    Failed,

    /// <summary>It took too long, and was ended.</summary>
    TimedOut,

    /// <summary>The daemon was ended meanwhile, and it with it.</summary>
    Interrupted,
}

/// <summary>One run of a hook, as its lab's log keeps it.</summary>
/// <param name="Time">When it began.</param>
/// <param name="Hook">Which one: its number in the lab file, from 1.</param>
/// <param name="Event">The event's word.</param>
/// <param name="Machine">Null where the event was the lab's.</param>
/// <param name="Action">What was done, in short.</param>
/// <param name="Code">The exit code, or the HTTP status; null where there was none.</param>
/// <param name="Attempts">How often a note was sent; 1 for a command.</param>
/// <param name="Message">Why it did not end well; null where it did.</param>
/// <param name="Output">The end of what the command wrote, or of what the server answered.</param>
public sealed record HookRun(
    DateTimeOffset Time, int Hook, string Event, string? Machine, string Action, HookOutcome Outcome, int? Code, double Seconds, int Attempts, string? Message, string? Output);
