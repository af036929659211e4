using System.CommandLine;
using System.CommandLine.Help;
using System.Text;
using QemuLab.Daemon;

namespace QemuLab.Commands.Manual;

/// <summary>A verb's manual page for man(1), from the same words as its help. The same program always writes the same bytes.</summary>
internal static class ManualPage
{
    private static readonly (string Code, string Meaning)[] ExitCodes =
    [
        ("0", "It is done."), ("1", "It failed."), ("2", "The lab file or the command line is wrong."), ("3", "There is no daemon."),
        ("4", "There is no such machine, lab or image."), ("5", "It did not come in time."), ("6", "The present state does not allow it."),
        ("70", "A bug of qemulab's."), ("125", "ssh and exec: the command could not be run in the guest."), ("130", "Interrupted."),
    ];

    private static readonly (string Name, string Meaning)[] Variables =
    [
        ("QEMULAB_HOME", "Where everything is kept; otherwise ~/.local/share/qemulab."),
        ("QEMULAB_PARALLEL_BOOTS", "How many vCPUs may boot at the same time, set where the daemon is started."),
        ("QEMULAB_COMPLETION_LIMIT", "For how many milliseconds a shell's completion waits for the daemon; otherwise 40."),
        ("NO_COLOR", "Nothing on the terminal is painted over."),
    ];

    /// <summary><c>qemulab-image-pull</c>.</summary>
    public static string NameOf(Command verb) => Path(verb).Replace(' ', '-');

    public static string Of(Command verb)
    {
        var page = new Roff();
        string name = NameOf(verb);
        page.Line($".\\\" Written by: qemulab man{Path(verb)["qemulab".Length..]}");
        page.Line($".TH {Roff.Text(name.ToUpperInvariant())} 1 \"\" \"QemuLab {BuildId.Version}\" \"QemuLab\"");
        page.Section("NAME").Line($"{Roff.Text(name)} \\- {Roff.Text(verb.Description ?? "")}");
        page.Section("SYNOPSIS").Line(Synopsis(verb));
        page.Section("DESCRIPTION").Paragraph(verb.Description + ".");
        if (verb.Aliases.Count > 0 && verb is Verb)
        {
            page.Line(".PP").Paragraph($"Also called: {string.Join(", ", verb.Aliases.Order(StringComparer.Ordinal))}.");
        }

        page.Items("ARGUMENTS", verb.Arguments.Where(argument => !argument.Hidden).Select(argument => (Roff.Italic(argument.Name), argument.Description ?? "")));
        page.Items("OPTIONS", verb.Options.Concat(Inherited(verb)).Where(option => !option.Hidden).Select(option => (Option(option), option.Description ?? "")));
        page.Items("COMMANDS", verb.Subcommands.Where(one => !one.Hidden).Select(one => (Roff.Bold(one.Name), one.Description ?? "")));
        page.Items("EXAMPLES", (verb as Verb)?.Examples.Select(example => (Roff.Bold(example.Line), example.Meaning)) ?? []);
        page.Items("EXIT STATUS", verb is RootCommand ? ExitCodes.Select(code => (Roff.Bold(code.Code), code.Meaning)) : []);
        page.Items("ENVIRONMENT", verb is RootCommand ? Variables.Select(variable => (Roff.Bold(variable.Name), variable.Meaning)) : []);
        string[] related = [.. Parent(verb).Concat(verb.Subcommands.Where(one => !one.Hidden)).Select(NameOf)];
        if (related.Length > 0)
        {
            page.Section("SEE ALSO").Line(string.Join(",\n", related.Select(other => $"{Roff.Bold(other)}(1)")));
        }

        return page.ToString();
    }

    /// <summary>The verb and everything below it that is not hidden.</summary>
    public static IEnumerable<Command> All(Command verb) => verb.Subcommands.Where(one => !one.Hidden).SelectMany(All).Prepend(verb);

    private static string Synopsis(Command verb)
    {
        string[] words =
        [
            Roff.Bold(Path(verb)),
            .. verb.Subcommands.Any(one => !one.Hidden) ? [verb.Action is null || verb is RootCommand ? Roff.Italic("command") : $"[{Roff.Italic("command")}]"] : Array.Empty<string>(),
            .. verb.Arguments.Where(argument => !argument.Hidden).Select(Argument),
            $"[{Roff.Italic("options")}]",
        ];
        return string.Join(' ', words);
    }

    private static string Argument(Argument argument)
    {
        string word = Roff.Italic(argument.Name) + (argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{word}]" : word;
    }

    /// <summary><c>-l, --selector label</c>.</summary>
    private static string Option(Option option)
    {
        IEnumerable<string> names = option is HelpOption ? ["-h", option.Name] : option.Aliases.Append(option.Name).OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal);
        bool takesValue = option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0 && option is not HelpOption;
        return string.Join(", ", names.Select(Roff.Bold)) + (takesValue ? " " + Roff.Italic(option.HelpName ?? option.Name.TrimStart('-')) : "");
    }

    private static IEnumerable<Option> Inherited(Command verb) => Parent(verb).SelectMany(above => above.Options.Where(option => option.Recursive).Concat(Inherited(above)));

    private static IEnumerable<Command> Parent(Command verb) => verb.Parents.OfType<Command>();

    private static string Path(Command verb) => verb is RootCommand ? "qemulab" : $"{Parent(verb).Select(Path).FirstOrDefault("qemulab")} {verb.Name}";

    /// <summary>The few macros of man(7) that are needed.</summary>
    private sealed class Roff
    {
        private readonly StringBuilder text = new();

        public static string Bold(string words) => $"\\fB{Text(words)}\\fR";

        public static string Italic(string words) => $"\\fI{Text(words)}\\fR";

        /// <summary>With every letter that means something to roff as itself: also quotes and dashes, which are to be pasted.</summary>
        public static string Text(string words)
        {
            var safe = new StringBuilder();
            foreach (char letter in words)
            {
                safe.Append(letter switch
                {
                    '\\' => "\\e",
                    '-' => "\\-",
                    '\'' => "\\(aq",
                    '`' => "\\(ga",
                    '^' => "\\(ha",
                    '~' => "\\(ti",
                    _ => letter.ToString(),
                });
            }

            return safe.ToString();
        }

        public Roff Line(string line)
        {
            text.Append(line).Append('\n');
            return this;
        }

        public Roff Section(string title) => Line($".SH {title}");

        /// <summary>A line that begins with a dot would be a macro.</summary>
        public Roff Paragraph(string words) => Line((words.StartsWith('.') ? "\\&" : "") + Text(words));

        public void Items(string title, IEnumerable<(string Term, string Words)> items)
        {
            (string Term, string Words)[] all = [.. items];
            if (all.Length == 0)
            {
                return;
            }

            Section(title);
            foreach ((string term, string words) in all)
            {
                Line(".TP").Line(term).Paragraph(words);
            }
        }

        public override string ToString() => text.ToString();
    }
}
