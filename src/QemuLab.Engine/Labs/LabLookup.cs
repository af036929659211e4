using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Finds what a person names on the command line: <c>control0</c>, <c>k8s/control0</c>, a group, a lab.</summary>
public static class LabLookup
{
    /// <summary>The machines that a name means: a machine's own name, else all of a group.</summary>
    /// <param name="labs">Every lab.</param>
    /// <param name="name">NAME, or LAB/NAME where several labs have it.</param>
    /// <param name="lab">Only this lab; null: all.</param>
    /// <exception cref="QemuLabException">Nothing is called so, or several labs have it.</exception>
    public static IReadOnlyList<MachineStatus> Machines(IReadOnlyList<LabStatus> labs, string name, string? lab)
    {
        if (name.Split('/') is [var labPart, var machinePart])
        {
            return Machines(labs, machinePart, labPart);
        }

        MachineStatus[] candidates = [.. Scope(labs, lab).SelectMany(status => status.Machines)];
        MachineStatus[] found = [.. candidates.Where(machine => machine.Name == name)];
        if (found.Length == 0)
        {
            found = [.. candidates.Where(machine => machine.Group == name)];
        }

        string[] labsOfFound = [.. found.Select(machine => machine.Lab).Distinct()];
        return labsOfFound.Length switch
        {
            0 => throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"there is no machine or group '{name}'", Suggestion(name, candidates)),
            1 => found,
            _ => throw new QemuLabException(ErrorKind.Usage, "machine-ambiguous", $"'{name}' is in several labs: {string.Join(", ", labsOfFound)}", $"name one of them, such as {labsOfFound[0]}/{name}"),
        };
    }

    /// <summary>The lab of that name; without a name the only one there is.</summary>
    /// <exception cref="QemuLabException">There is no such lab, none at all, or several to choose from.</exception>
    public static LabStatus Lab(IReadOnlyList<LabStatus> labs, string? name) => (name, labs.Count) switch
    {
        (not null, _) => Scope(labs, name)[0],
        (null, 1) => labs[0],
        (null, 0) => throw new QemuLabException(ErrorKind.NotFound, "no-lab", "there is no lab", "launch one: qemulab launch-all lab.yaml"),
        _ => throw new QemuLabException(ErrorKind.Usage, "lab-ambiguous", $"there are several labs: {string.Join(", ", labs.Select(lab => lab.Name))}", "name one of them"),
    };

    private static IReadOnlyList<LabStatus> Scope(IReadOnlyList<LabStatus> labs, string? name) =>
        name is null ? labs
        : labs.FirstOrDefault(lab => lab.Name == name) is { } lab ? [lab]
        : throw new QemuLabException(ErrorKind.NotFound, "lab-not-found", $"there is no lab '{name}'", LabSuggestion(name, labs));

    private static string LabSuggestion(string name, IReadOnlyList<LabStatus> labs) =>
        labs.Count == 0 ? "launch one: qemulab launch-all lab.yaml"
        : NearestName.Of(name, labs.Select(lab => lab.Name)) is { } nearest ? $"did you mean {nearest}?"
        : $"known labs: {string.Join(", ", labs.Select(known => known.Name))}";

    private static string Suggestion(string name, MachineStatus[] candidates) =>
        NearestName.Of(name, candidates.SelectMany(machine => (string[])[machine.Name, machine.Group])) is { } nearest
            ? $"did you mean {nearest}?"
            : "run: qemulab list";
}
