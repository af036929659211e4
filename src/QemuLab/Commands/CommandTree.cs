using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using QemuLab.Commands.Completion;
using QemuLab.Commands.Manual;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands;

/// <summary>All verbs.</summary>
internal static class CommandTree
{
    /// <summary>Each verb by its name; a new one gets its line here.</summary>
    internal static readonly (string Name, Func<Cli, Command> Create)[] Verbs =
    [
        ("init", InitCommand.Create),
        ("template", TemplateCommand.Create),
        ("launch-all", LaunchAllCommand.Create),
        ("plan", PlanCommand.Create),
        ("check", CheckCommand.Create),
        ("edit", EditCommand.Create),
        ("diff", DiffCommand.Create),
        ("set", DiffCommand.CreateSet),
        ("list", ListCommand.Create),
        ("info", InfoCommand.Create),
        ("top", TopCommand.Create),
        ("why", WhyCommand.Create),
        ("history", HistoryCommand.Create),
        ("stages", StagesCommand.Create),
        ("start", StartCommand.Create),
        ("stop", StopCommand.Create),
        ("restart", RestartCommand.Create),
        ("pause", PowerCommands.Pause),
        ("unpause", PowerCommands.Unpause),
        ("reset", PowerCommands.Reset),
        ("soft-reboot", PowerCommands.SoftReboot),
        ("kill", PowerCommands.Kill),
        ("suspend", PowerCommands.Suspend),
        ("resume", PowerCommands.Resume),
        ("wait", WaitCommand.Create),
        ("delete", TrashCommands.Delete),
        ("recover", TrashCommands.Recover),
        ("purge", TrashCommands.Purge),
        ("down", DownCommand.Create),
        ("ssh", SshCommand.Create),
        ("exec", ExecCommand.Create),
        ("cp", CopyCommand.Create),
        ("ssh-all", SshAllCommand.Create),
        ("ssh-config", SshConfigCommand.Create),
        ("forward", ForwardCommand.Create),
        ("inventory", InventoryCommand.Create),
        ("env", EnvCommand.Create),
        ("console", ConsoleCommand.Create),
        ("logs", LogsCommand.Create),
        ("screenshot", ScreenshotCommand.Create),
        ("vnc", VncCommand.Create),
        ("send-key", SendKeyCommand.Create),
        ("qmp", QmpCommand.Create),
        ("events", EventsCommand.Create),
        ("snapshot", SnapshotCommand.Create),
        ("rewind", RewindCommand.Create),
        ("fresh", RewindCommand.CreateFresh),
        ("hook", HookCommand.Create),
        ("network", NetworkCommand.Create),
        ("image", ImageCommand.Create),
        ("vip", VirtualIpCommand.Create),
        ("hosts", HostsCommand.Create),
        ("doctor", DoctorCommand.Create),
        ("explain", ExplainCommand.Create),
        ("daemon", DaemonCommand.Create),
        ("service", ServiceCommand.Create),
        ("version", VersionCommand.Create),
        ("completion", CompletionCommand.Create),
        ("complete-words", CompletionCommand.CreateWords),
        ("man", ManCommand.Create),
        ("switch", _ => SwitchCommand.Create()),
        ("network-helper", _ => NetworkHelperCommand.Create()),
    ];

    /// <summary>Verbs that tell of the others.</summary>
    private static readonly string[] OfAll = ["man", "completion", "complete-words"];

    /// <param name="cli">What the verbs work with.</param>
    /// <param name="verb">The word that the command line begins with: where it is a verb's name, the others are not made, because to make them all takes its time at each start.</param>
    public static RootCommand Create(Cli cli, string? verb = null)
    {
        var root = new RootCommand("Launches labs of QEMU machines from one file.");
        Func<Cli, Command>? asked = verb is null || OfAll.Contains(verb) ? null : Find(verb);
        foreach ((string _, Func<Cli, Command> create) in Verbs)
        {
            if (asked is null || create == asked)
            {
                root.Subcommands.Add(create(cli));
            }
        }

        root.Options.Add(cli.Progress);
        HelpWithExamples.Add(root);
        root.SetAction(new HelpAction().Invoke);
        return root;
    }

    /// <summary>By hand: LINQ over a pair is compiled at each start.</summary>
    private static Func<Cli, Command>? Find(string verb)
    {
        foreach ((string name, Func<Cli, Command> create) in Verbs)
        {
            if (name == verb)
            {
                return create;
            }
        }

        return null;
    }

    /// <summary>The command line's own fault, in our words.</summary>
    /// <exception cref="QemuLabException">There is one.</exception>
    public static void ThrowIfWrong(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        string path = PathOf(parse.CommandResult);
        if (UnknownOption(parse) is { } option)
        {
            string? meant = NearestName.Of(option, command.Options.SelectMany(known => known.Aliases.Prepend(known.Name)));
            throw new QemuLabException(ErrorKind.Usage, "option-unknown", $"there is no option '{option}'", meant is null ? $"run: {path} --help" : $"did you mean {meant}?");
        }

        if (parse.Errors.Count == 0 || parse.Action is HelpWithExamples)
        {
            return;
        }

        string? word = parse.UnmatchedTokens is [var first, ..] ? first : null;
        if (command.Subcommands.Count > 0 && word is not null && !word.StartsWith('-'))
        {
            string? nearest = NearestName.Of(word, command.Subcommands.Where(verb => !verb.Hidden).SelectMany(verb => verb.Aliases.Prepend(verb.Name)));
            throw new QemuLabException(ErrorKind.Usage, "verb-unknown", $"there is no command '{word}'", nearest is null ? $"run: {path} --help" : $"did you mean: {path} {nearest}?");
        }

        throw new QemuLabException(ErrorKind.Usage, "usage", parse.Errors[0].Message.TrimEnd('.'), $"run: {path} --help");
    }

    /// <summary>The command as it is typed: <c>qemulab image pull</c>.</summary>
    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "qemulab";

    /// <summary>A mistyped option, which the parser would take for a file or a machine of that name.</summary>
    private static string? UnknownOption(ParseResult parse) => parse.Tokens
        .TakeWhile(token => token.Type != TokenType.DoubleDash)
        .FirstOrDefault(token => token.Type == TokenType.Argument && token.Value.Length > 1 && token.Value[0] == '-' && !IsValue(parse, token))?.Value;

    /// <summary>Whether it is an option's value, such as a negative number.</summary>
    private static bool IsValue(ParseResult parse, Token token) =>
        parse.CommandResult.Children.OfType<OptionResult>().Any(option => option.Tokens.Contains(token));
}
