using QemuLab.Engine.Hooks;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The rows of a hook.</summary>
internal static class HookKeys
{
    public static Key<IReadOnlyList<Located<string>>> On { get; } = new(
        "on", Kinds.OneOrMore(Kinds.Word([.. HookEvents.Words]), "[ready, failed]"), Where.Hook, "When: started, ready, not-ready, paused, resumed, suspended, stopped, failed or alarm of a machine; lab-ready when all of its machines are, lab-stopped when the last one has ended.")
    { IsRequired = true };

    public static Key<IReadOnlyList<Located<string>>> Run { get; } = new(
        "run", Kinds.ListOf(Kinds.FreeText, "[notify-send, lab is up]"), Where.Hook, "A program and its arguments, run in the lab file's folder without a shell. It finds a JSON object on its standard input, and QEMULAB_EVENT, QEMULAB_LAB and QEMULAB_MACHINE among its variables.");

    public static Key<string> Post { get; } = new("post", Kinds.Url, Where.Hook, "Where the same JSON object is posted to.");

    public static Key<IReadOnlyList<Named<string>>> Headers { get; } = new(
        "headers", new MapKind<string>(Kinds.OneLine, "header", Kinds.HeaderNameForm(), "letters, digits and hyphens"), Where.Hook, "HTTP headers to send with post, such as Authorization.");

    public static Key<IReadOnlyList<Located<string>>> Machines { get; } = new(
        "machines", Kinds.OneOrMore(Kinds.OneLine, "[control, worker0]"), Where.Hook, "Only for these machines and groups. Left out: for all.");

    public static Key<TimeSpan> Timeout { get; } = new("timeout", Kinds.Duration, Where.Hook, "How long a command may run before it is ended with all that it has started, or an answer may take; at least 1s.") { Default = "30s" };

    public static Key<int> Retries { get; } = new(
        "retries", Kinds.WholeNumber(0, 10), Where.Hook, "How often post is tried again where the server cannot be reached or is not well, after 1s, 2s, 4s and so on.")
    { Default = "3" };

    public static IReadOnlyList<Key> All { get; } = [On, Run, Post, Headers, Machines, Timeout, Retries];
}
