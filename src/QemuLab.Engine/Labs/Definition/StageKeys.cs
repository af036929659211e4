using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The rows of a stage, and those that what may come meanwhile has too.</summary>
internal static class StageKeys
{
    private const Where Both = Where.Stage | Where.StageRule;

    public static Key<string> Name { get; } = new("name", Kinds.StageName, Where.Stage, "What it is called in events, tables and `goto`.") { IsRequired = true };

    public static Key<IReadOnlyList<Located<string>>> Expect { get; } = new(
        "expect",
        Kinds.OneOrMore(Kinds.ConsolePattern, "[\"login: $\", \"Welcome\"]"),
        Both,
        "Regular expressions, one of which the serial console must show from here on. Escape sequences are taken out; ^ and $ are a line's, and $ is also the end of a prompt that waits.");

    public static Key<TimeSpan> Silence { get; } = new("silence", Kinds.Duration, Both, "Instead of `expect`: the guest has written nothing for so long, at least 1s.");

    public static Key<TimeSpan> Timeout { get; } = new("timeout", Kinds.Duration, Where.Stage, "How long it is waited for, whatever comes meanwhile; at least 1s.") { Default = "5m" };

    public static Key<string> Send { get; } = new("send", Kinds.TypedText, Both, "Typed on the serial console then, \\n as Enter. It is shown nowhere.");

    public static Key<bool> Secret { get; } = new("secret", Kinds.Boolean, Both, "Where the guest echoes what is sent, that is not quoted either. Its serial log has it.") { Default = "false" };

    public static Key<IReadOnlyList<Located<IReadOnlyList<string>>>> Keys { get; } = new(
        "keys", Kinds.OneOrMore(Kinds.KeyStroke, "[down, ret]"), Both, "Pressed on the machine's own keyboard then, one after the other: ret, f2, ctrl-alt-delete.");

    public static Key<string> Power { get; } = new(
        "power", Kinds.Word([.. Enum.GetNames<StagePower>().Select(word => word.ToLowerInvariant())]), Both, "Its reset button, its power button, or off: the plug is pulled.");

    public static Key<string> Mark { get; } = new("mark", Kinds.OneLine, Both, "Words of yours among the lab's events.");

    public static Key<string> Snapshot { get; } = new("snapshot", Kinds.SnapshotName, Where.Stage, "The lab's snapshot of that name, taken then, after all else that is done, in the place of the one before.");

    public static Key<int> Code { get; } = new("code", Kinds.WholeNumber(1, 255), Where.Stage, "The exit code of whoever waits for it, where it is not reached.") { Default = "5" };

    public static Key<string> Says { get; } = new("says", Kinds.OneLine, Both, "What it means, for people: of a stage where it is not reached.");

    public static Key<IReadOnlyList<Located<Section>>> When { get; } = new(
        "when",
        Kinds.ListOf(Objects.StageRule, "[{ expect: \"No space left\", fail: 102 }]"),
        Where.Stage,
        "What else may come while it is waited for, and what follows: an answer, another stage, or the end.");

    public static Key<string> Goto { get; } = new("goto", Kinds.StageName, Where.StageRule, "The stage that is gone on with, earlier or later.");

    public static Key<int> Times { get; } = new("times", Kinds.WholeNumber(1, 1000), Where.StageRule, "How often it may come; once more, and the stage has failed.") { Default = "10" };

    public static Key<int> Fail { get; } = new("fail", Kinds.WholeNumber(1, 255), Where.StageRule, "It is the end: the exit code of whoever waits.");

    public static IReadOnlyList<Key> All { get; } = [Name, Expect, Silence, Timeout, Send, Secret, Keys, Power, Mark, Snapshot, Code, Says, When, Goto, Times, Fail];
}
