using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Hooks;

/// <summary>Something to be done on this host when something happens to a lab, as its file asks for it.</summary>
/// <param name="On">For which events.</param>
/// <param name="Action">What is done.</param>
/// <param name="Machines">For which machines; empty: for all. Events of the lab as a whole are not asked.</param>
/// <param name="Timeout">How long a command may run, or an answer may take.</param>
public sealed record HookSpec(IReadOnlyList<HookEvent> On, HookAction Action, IReadOnlyList<string> Machines, TimeSpan Timeout)
{
    /// <param name="happened">The event.</param>
    /// <param name="machine">Whose it is; null where it is the lab's.</param>
    public bool IsFor(HookEvent happened, string? machine) =>
        On.Contains(happened) && (machine is null || Machines.Count == 0 || Machines.Contains(machine));
}

/// <summary>What a hook does.</summary>
public abstract record HookAction
{
    private HookAction()
    {
    }

    /// <summary>Runs a program with the event's note on its standard input; no shell comes in between.</summary>
    /// <param name="Program">A path, or a name to be found in PATH.</param>
    /// <param name="Arguments">Handed over as they are.</param>
    /// <param name="Folder">Where it runs: the lab file's folder, absolute.</param>
    public sealed record Run(string Program, IReadOnlyList<string> Arguments, string Folder) : HookAction
    {
        public override string ToString() => ShellQuoting.Join([Program, .. Arguments]);
    }

    /// <summary>Posts the event's note to a web server.</summary>
    /// <param name="Url">http or https.</param>
    /// <param name="Headers">Sent beside ours.</param>
    /// <param name="Retries">How often it is tried again where the server cannot be reached or is not well.</param>
    public sealed record Post(Uri Url, IReadOnlyDictionary<string, string> Headers, int Retries) : HookAction
    {
        /// <summary>Without path and query, which may hold a secret.</summary>
        public override string ToString() => $"POST {Url.GetLeftPart(UriPartial.Authority)}/{(Url.PathAndQuery.Length > 1 ? "…" : "")}";
    }
}
