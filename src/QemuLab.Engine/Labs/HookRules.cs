using System.Collections.Frozen;
using QemuLab.Engine.Hooks;
using QemuLab.Engine.Labs.Definition;

namespace QemuLab.Engine.Labs;

/// <summary>Makes the lab's hooks of its file: names looked up, paths made whole.</summary>
internal sealed class HookRules(LabDocument document, IReadOnlyList<MachineDraft> drafts, Faults faults)
{
    /// <summary>Headers that HTTP itself needs, or that we send.</summary>
    private static readonly FrozenSet<string> OwnHeaders =
        FrozenSet.ToFrozenSet(["Host", "Connection", "Transfer-Encoding", "Content-Type", "Content-Length", "User-Agent"], StringComparer.OrdinalIgnoreCase);

    private readonly MachineReferences references = new(document, drafts);

    /// <summary>In the file's order.</summary>
    public IReadOnlyList<HookSpec> Read() => [.. (document.Lab.Get(LabKeys.Hooks)?.Value ?? []).Select(hook => Read(hook.Value)).OfType<HookSpec>()];

    private HookSpec? Read(Section hook)
    {
        List<HookEvent> events = [];
        foreach (Located<string> word in hook.Get(HookKeys.On)?.Value ?? [])
        {
            if (HookEvents.TryParse(word.Value, out HookEvent happened))
            {
                events.Add(happened);
            }
        }

        if (hook.Get(HookKeys.On) is { Value: [] } empty)
        {
            faults.Error(empty.Place, "names no event", HookKeys.On.Name);
        }

        TimeSpan timeout = hook.Get(HookKeys.Timeout)?.Value ?? HookKeys.Timeout.DefaultValue;
        if (timeout < TimeSpan.FromSeconds(1))
        {
            faults.Error(hook.Get(HookKeys.Timeout)!.Place, "must be at least 1s", HookKeys.Timeout.Name);
        }

        return Action(hook) is { } action ? new HookSpec(events, action, Machines(hook), timeout) : null;
    }

    private HookAction? Action(Section hook)
    {
        switch (hook.Mentions(HookKeys.Run), hook.Mentions(HookKeys.Post))
        {
            case (true, true):
                faults.Error(hook.Place, "does one thing: give either run or post");
                return null;
            case (false, false):
                faults.Error(hook.Place, "does nothing: give run, a command, or post, a URL");
                return null;
            case (true, false):
                foreach (Key key in new Key[] { HookKeys.Headers, HookKeys.Retries }.Where(hook.Mentions))
                {
                    faults.Error(hook.Place, $"{key.Name} is only for post");
                }

                return Run(hook);
            default:
                return Post(hook);
        }
    }

    private HookAction.Run? Run(Section hook)
    {
        if (hook.Get(HookKeys.Run) is not { } run)
        {
            return null;
        }

        if (run.Value is not [{ Value.Length: > 0 } program, ..])
        {
            faults.Error(run.Place, "names no program: write a list such as [notify-send, lab is up]", HookKeys.Run.Name);
            return null;
        }

        foreach (Located<string> text in run.Value.Where(text => text.Value.Contains('\0', StringComparison.Ordinal)))
        {
            faults.Error(text.Place, "has a NUL character, which no program can be given", HookKeys.Run.Name);
        }

        if (program.Value.StartsWith('~'))
        {
            faults.Error(program.Place, "~ is not expanded: write the whole path, or one relative to the lab file", HookKeys.Run.Name);
        }

        string folder = document.Source.BaseDirectory;
        string path = program.Value.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(program.Value, folder) : program.Value;
        return new HookAction.Run(path, [.. run.Value.Skip(1).Select(argument => argument.Value)], folder);
    }

    private HookAction.Post? Post(Section hook)
    {
        IReadOnlyList<Named<string>> headers = hook.Get(HookKeys.Headers)?.Value ?? [];
        foreach (Named<string> header in headers.Where(header => OwnHeaders.Contains(header.Name)))
        {
            faults.Error(header.NamePlace, $"{header.Name} is not to be chosen", HookKeys.Headers.Name);
        }

        if (hook.Get(HookKeys.Post) is not { } post)
        {
            return null;
        }

        var url = new Uri(post.Value);
        if (url.UserInfo.Length > 0)
        {
            faults.Error(post.Place, "has a user in it: write headers: { Authorization: … }", HookKeys.Post.Name);
        }

        return new HookAction.Post(url, headers.ToDictionary(header => header.Name, header => header.Value), hook.Get(HookKeys.Retries)?.Value ?? HookKeys.Retries.DefaultValue);
    }

    private string[] Machines(Section hook)
    {
        IReadOnlyList<Located<string>> names = hook.Get(HookKeys.Machines)?.Value ?? [];
        foreach (Located<string> name in names.Where(name => references.Meant(name.Value).Count == 0))
        {
            faults.Error(name.Place, references.NoneOf(name.Value), HookKeys.Machines.Name);
        }

        return [.. names.SelectMany(name => references.Meant(name.Value)).Distinct()];
    }
}
