using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using QemuLab.Commands.Completion;
using QemuLab.Commands.Manual;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands;

/// <summary>All verbs; a new one gets its line here.</summary>
internal static class CommandTree
{
    public static RootCommand Create(Cli cli)
    {
        var root = new RootCommand("Launches labs of QEMU machines from one file.")
        {
            InitCommand.Create(cli),
            TemplateCommand.Create(cli),
            LaunchAllCommand.Create(cli),
            PlanCommand.Create(cli),
            CheckCommand.Create(cli),
            EditCommand.Create(cli),
            DiffCommand.Create(cli),
            DiffCommand.CreateSet(cli),
            ListCommand.Create(cli),
            InfoCommand.Create(cli),
            TopCommand.Create(cli),
            WhyCommand.Create(cli),
            HistoryCommand.Create(cli),
            StartCommand.Create(cli),
            StopCommand.Create(cli),
            RestartCommand.Create(cli),
            PowerCommands.Pause(cli),
            PowerCommands.Unpause(cli),
            PowerCommands.Reset(cli),
            PowerCommands.SoftReboot(cli),
            PowerCommands.Kill(cli),
            PowerCommands.Suspend(cli),
            PowerCommands.Resume(cli),
            WaitCommand.Create(cli),
            TrashCommands.Delete(cli),
            TrashCommands.Recover(cli),
            TrashCommands.Purge(cli),
            DownCommand.Create(cli),
            SshCommand.Create(cli),
            ExecCommand.Create(cli),
            CopyCommand.Create(cli),
            SshAllCommand.Create(cli),
            SshConfigCommand.Create(cli),
            ForwardCommand.Create(cli),
            InventoryCommand.Create(cli),
            EnvCommand.Create(cli),
            ConsoleCommand.Create(cli),
            LogsCommand.Create(cli),
            ScreenshotCommand.Create(cli),
            VncCommand.Create(cli),
            SendKeyCommand.Create(cli),
            QmpCommand.Create(cli),
            EventsCommand.Create(cli),
            SnapshotCommand.Create(cli),
            RewindCommand.Create(cli),
            RewindCommand.CreateFresh(cli),
            NetworkCommand.Create(cli),
            ImageCommand.Create(cli),
            VirtualIpCommand.Create(cli),
            HostsCommand.Create(cli),
            DoctorCommand.Create(cli),
            ExplainCommand.Create(cli),
            DaemonCommand.Create(cli),
            ServiceCommand.Create(cli),
            VersionCommand.Create(cli),
            CompletionCommand.Create(cli),
            CompletionCommand.CreateWords(cli),
            ManCommand.Create(cli),
            SwitchCommand.Create(),
            NetworkHelperCommand.Create(),
        };
        root.Options.Add(cli.Progress);
        HelpWithExamples.Add(root);
        root.SetAction(new HelpAction().Invoke);
        return root;
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
