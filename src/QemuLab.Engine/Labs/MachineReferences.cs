namespace QemuLab.Engine.Labs;

/// <summary>What the names mean that a lab file calls its machines by: a machine's own name, else all of a group.</summary>
internal sealed class MachineReferences(LabDocument document, IReadOnlyList<MachineDraft> drafts)
{
    private readonly HashSet<string> names = [.. drafts.Select(draft => draft.Name.Value)];
    private readonly ILookup<string, string> groups = drafts.ToLookup(draft => draft.Group.Value, draft => draft.Name.Value);

    /// <summary>Empty where nothing is called so, or a group has no machines.</summary>
    public IReadOnlyList<string> Meant(string name) => names.Contains(name) ? [name] : [.. groups[name]];

    public bool IsGroup(string name) => document.Groups.Any(group => group.Name == name);

    /// <summary>Why a name means nothing, with the nearest one that would.</summary>
    public string NoneOf(string name) => IsGroup(name)
        ? $"group {name} has no machines"
        : $"there is no machine or group {Quote.Of(name)}{Suggestion.Hint(name, [.. document.Groups.Select(group => group.Name), .. names])}";
}
