using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The rows that stand at the top of a lab file.</summary>
internal static class LabKeys
{
    public static Key<MachineName> Name { get; } = new(
        "name", Kinds.Name, Where.Lab, "The lab's name: one word of lower-case letters, digits and hyphens. One lab of a name can be up at a time.")
    { IsRequired = true };

    public static Key<string> Description { get; } = new("description", Kinds.FreeText, Where.Lab, "What the lab is for, in your words.");

    public static Key<IReadOnlyList<Named<YamlScalar>>> Parameters { get; } = new(
        "parameters",
        new MapKind<YamlScalar>(Kinds.Parameter, "parameter", Kinds.ParameterNameForm(), "letters, digits, '_' and '-', not starting with a digit") { IsClosedToSettings = true },
        Where.Lab,
        "Values that ${name} stands for elsewhere in the file, and ${parameters.name} in user-data. --set name=value changes one; one without a value must be given that way.");

    public static Key<Section> Defaults { get; } = new("defaults", Objects.Defaults, Where.Lab, "What holds for every machine unless its group or the machine itself says otherwise.");

    public static Key<Section> Network { get; } = new("network", Objects.Network, Where.Lab, "The lab's network. Left out, a free one is chosen.");

    public static Key<IReadOnlyList<Named<Section>>> Networks { get; } = new(
        "networks",
        new MapKind<Section>(Objects.Network, "network", Kinds.NetworkNameForm(), "lower-case letters and digits, starting with a letter, at most 12, and not lan") { IsClosedToSettings = true },
        Where.Lab,
        "Further networks by name, beside the one that every machine is on. A machine has a NIC on those that its networks name.");

    public static Key<Section> VirtualIp { get; } = new(
        "virtualIp", Objects.VirtualIp, Where.Lab, "An address that several machines serve together, as the API servers of a Kubernetes control plane do; balanced by IPVS on a gateway machine.");

    public static Key<Section> Overcommit { get; } = new("overcommit", Objects.Overcommit, Where.Lab, "How much more than the host has may be asked of it. Left out: nothing.");

    public static Key<IReadOnlyList<Located<Section>>> Hooks { get; } = new(
        "hooks", Kinds.ListOf(Objects.Hook, "[{ on: lab-ready, run: [notify-send, up] }]"), Where.Lab, "What is done on this host when something happens to the lab: commands that are run, or notes that are posted to a web server.");

    public static Key<IReadOnlyList<Named<Section>>> Groups { get; } = new(
        "groups",
        new MapKind<Section>(Objects.Group, "group", Kinds.NameForm(), MachineName.Rule) { IsClosedToSettings = true },
        Where.Lab,
        "The machines, by group. A group with a count has machines GROUP0, GROUP1, …; one without has a single machine of its own name.")
    { IsRequired = true };

    public static IReadOnlyList<Key> All { get; } = [Name, Description, Parameters, Network, Networks, VirtualIp, Overcommit, Hooks, Defaults, Groups];
}

/// <summary>The rows that only a group has.</summary>
internal static class GroupKeys
{
    /// <summary>Also the most machines that a whole lab may have.</summary>
    public const int MaximumCount = 250;

    public static Key<int> Count { get; } = new(
        "count", Kinds.WholeNumber(0, MaximumCount), Where.Group, "How many machines, called GROUP0 and up. Left out: one machine, called like the group.");

    public static Key<IReadOnlyList<Located<PortForward>>> Publish { get; } = new(
        "publish",
        Kinds.ListOf(Kinds.Port, "[\"8080:80\"]"),
        Where.Group,
        "Host ports that lead to the machines of the group in turn: \"8080:80\", \"0.0.0.0:5353:53/udp\". Of modes bridge and user; of mode isolated too, but for UDP.");

    public static Key<IReadOnlyList<Named<Section>>> Machines { get; } = new(
        "machines",
        new MapKind<Section>(Objects.Machine, "machine", Kinds.NameForm(), MachineName.Rule),
        Where.Group,
        "What differs for single machines of the group, by machine name.");

    public static IReadOnlyList<Key> All { get; } = [Count, Publish, Machines];
}
