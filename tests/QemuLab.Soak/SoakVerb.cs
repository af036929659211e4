namespace QemuLab.Soak;

/// <summary>What the soak does to a machine, and what that makes of its state.</summary>
/// <param name="Name">As the trace has it.</param>
/// <param name="Route">The API's verb; null: a signal to its QEMU.</param>
/// <param name="Body">The request.</param>
/// <param name="Leads">The state that follows one; null where the state does not allow it.</param>
/// <param name="Between">The states that a daemon's death in the middle may leave, beside those before and after.</param>
internal sealed record SoakVerb(string Name, string? Route, string Body, Func<string, string?> Leads, params string[] Between)
{
    public const string Running = "Running", Paused = "Paused", Stopped = "Stopped", Failed = "Failed";

    private const string AtOnce = """{"wait":false}""", ByForce = """{"graceSeconds":0}""", RestartNow = """{"graceSeconds":0,"wait":false}""";

    /// <summary>Often what is done often.</summary>
    public static IReadOnlyList<SoakVerb> All { get; } =
    [
        .. Enumerable.Repeat(new SoakVerb("start", "start", AtOnce, state => IsUp(state) ? null : Running, Failed), 8),
        .. Enumerable.Repeat(new SoakVerb("stop", "stop", ByForce, state => IsUp(state) ? Stopped : null), 5),
        .. Enumerable.Repeat(new SoakVerb("restart", "restart", RestartNow, state => IsUp(state) ? Running : null), 3),
        .. Enumerable.Repeat(new SoakVerb("pause", "pause", "", state => state is Running or Paused ? Paused : null), 2),
        .. Enumerable.Repeat(new SoakVerb("unpause", "unpause", "", state => state is Running or Paused ? Running : null), 2),
        new SoakVerb("reset", "reset", "", state => state == Running ? Running : null),
        .. Enumerable.Repeat(new SoakVerb("KILL", null, "KILL", state => IsUp(state) ? Failed : state, Stopped), 2),
        new SoakVerb("SEGV", null, "SEGV", state => IsUp(state) ? Failed : state, Stopped),
    ];

    public static bool IsUp(string state) => state is Running or Paused;

    /// <summary>What is kept of a state when the daemon dies: why a machine has gone is not.</summary>
    public static IEnumerable<string> AfterDaemon(string state) => state == Failed ? [Failed, Stopped] : [state];
}
