using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>The machines that a verb is for: by names, groups, labels, a lab, or all of them; spelled the same for every verb.</summary>
internal sealed class MachineSelection
{
    private readonly Argument<string[]> names = new Argument<string[]>("name") { Description = "Machines, LAB/MACHINE or groups", Arity = ArgumentArity.ZeroOrMore }.Completes(WordKind.MachineOrGroup);
    private readonly Option<bool> all = new("--all", "-a") { Description = "Every machine" };
    private readonly Option<string[]> labels = Labels();
    private readonly Option<string?> lab = new Option<string?>("--lab", "-L") { Description = "Only machines of this lab" }.Completes(WordKind.Lab);

    /// <summary>Words before the first <c>--</c> are the names.</summary>
    public Argument<string[]> Names => names;

    /// <summary>Whether anything says which.</summary>
    public bool IsAny(ParseResult parse) => IsByOption(parse) || parse.GetValue(names) is { Length: > 0 };

    /// <summary>The lab that was named; null: none.</summary>
    public string? LabOf(ParseResult parse) => parse.GetValue(lab);

    /// <summary>Whether more than names says which: then it is a matter of chance that it is one machine only.</summary>
    public bool IsByOption(ParseResult parse) => parse.GetValue(all) || parse.GetValue(labels) is { Length: > 0 };

    /// <summary>For verbs that select by labels only.</summary>
    public static Option<string[]> Labels() => new("--selector", "-l") { Description = "Only machines with these labels: role=control, role!=control, role, several with commas; may be repeated", HelpName = "label", DefaultValueFactory = _ => [] };

    /// <summary>The verb with the selection's argument and options before its own.</summary>
    public Verb Of(Verb verb, params ReadOnlySpan<Option> options)
    {
        verb.Arguments.Add(names);
        foreach (Option option in (ReadOnlySpan<Option>)[all, labels, lab, .. options])
        {
            verb.Options.Add(option);
        }

        return verb;
    }

    /// <summary>What was selected, each once.</summary>
    /// <exception cref="QemuLabException">Nothing says which; or a name, a lab or a label that nothing has.</exception>
    public IReadOnlyList<MachineView> Find(Cli cli, ParseResult parse) => Find(cli, parse, parse.GetValue(names)!, MachineNames.Find);

    /// <inheritdoc cref="Find(Cli, ParseResult)"/>
    /// <remarks>Nothing more is read of them.</remarks>
    public IReadOnlyList<MachineIdentityView> FindIdentities(Cli cli, ParseResult parse) => Find(cli, parse, parse.GetValue(names)!, MachineNames.FindIdentities);

    /// <summary>Every machine, or every one of <c>--lab</c>.</summary>
    public IReadOnlyList<MachineLoginView> FindAllLogins(Cli cli, ParseResult parse) => MachineNames.FindLogins(cli, [], parse.GetValue(lab));

    /// <inheritdoc cref="Find(Cli, ParseResult)"/>
    /// <remarks>As much of them as a way in takes.</remarks>
    public IReadOnlyList<MachineLoginView> FindLogins(Cli cli, ParseResult parse) => FindLogins(cli, parse, parse.GetValue(names)!);

    /// <inheritdoc cref="FindLogins(Cli, ParseResult)"/>
    /// <param name="cli">Asks the daemon.</param>
    /// <param name="parse">Has the options.</param>
    /// <param name="named">The names, where other words stand among them.</param>
    public IReadOnlyList<MachineLoginView> FindLogins(Cli cli, ParseResult parse, string[] named) => Find(cli, parse, named, MachineNames.FindLogins);

    /// <summary>Whether a machine was named itself, and is not only one of many: then it is an error where there is nothing to do.</summary>
    public bool IsNamed(ParseResult parse, IMachineIdentity machine) =>
        parse.GetValue(names)!.Any(name => name == machine.Name || name == $"{machine.Lab}/{machine.Name}");

    private T[] Find<T>(Cli cli, ParseResult parse, string[] named, Func<Cli, IEnumerable<string>, string?, IReadOnlyList<T>> find)
        where T : class, IMachineIdentity
    {
        string[] asked = parse.GetValue(labels)!;
        if (named.Length > 0 && parse.GetValue(all))
        {
            throw new QemuLabException(ErrorKind.Usage, "usage", "--all and names exclude each other");
        }

        if (named.Length == 0 && !parse.GetValue(all) && asked.Length == 0)
        {
            throw new QemuLabException(ErrorKind.Usage, "usage", "name at least one machine or group, or give --all or --selector");
        }

        LabelSelector selector = LabelSelector.Parse(asked);
        T[] machines = [.. find(cli, named, parse.GetValue(lab)).Where(machine => selector.Selects(machine))];
        return machines.Length > 0 || asked.Length == 0
            ? machines
            : throw new QemuLabException(ErrorKind.NotFound, "selector-empty", $"no machine has {string.Join(", ", asked)}", "labels are in: qemulab list --show-labels");
    }
}
