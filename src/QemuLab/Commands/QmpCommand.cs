using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Qmp;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab qmp NAME COMMAND</c>: a command for QEMU itself, on the control socket that is for people.</summary>
internal static class QmpCommand
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(10);

    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine" }.Completes(WordKind.Machine);
        var command = new Argument<string?>("command") { Description = "A QMP command's name, or a whole one as JSON", Arity = ArgumentArity.ZeroOrOne };
        var arguments = new Option<string[]>("--arg") { Description = "An argument of the command; the value is taken as JSON where it is some, else as text; may be repeated", HelpName = "key=value", DefaultValueFactory = _ => [] };
        var events = new Option<bool>("--events") { Description = "Go on with QEMU's events, one JSON object a line, until interrupted or QEMU's end" };
        var timeout = new Option<string?>("--timeout") { Description = "How long an answer may take (10s)", HelpName = "duration" };
        return new Verb("qmp", "Talk to a machine's QEMU itself. What you change there the daemon does not know of: it may be undone, or in its way; a stop or a quit is told as one that nobody asked for")
        {
            Examples =
            [
                ("qemulab qmp control0 query-block", "what QEMU says of its disks"),
                ("qemulab qmp control0 human-monitor-command --arg command-line='info registers'", "with an argument"),
                ("qemulab qmp control0 '{\"execute\":\"query-status\"}'", "as QEMU would be sent it"),
                ("qemulab qmp control0 --events", "what QEMU tells, as it happens"),
            ],
            Arguments = { name, command },
            Options = { arguments, events, timeout },
        }.Runs(parse =>
        {
            string? words = parse.GetValue(command);
            bool follows = parse.GetValue(events);
            if (words is null && !follows)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "name a QMP command, or give --events", "such as: query-status; all there are: query-commands");
            }

            QmpWords? said = words is null ? null : QmpWords.Parse(words, parse.GetValue(arguments)!);
            TimeSpan limit = CommonOptions.WaitOf(parse, timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultLimit;
            MachineView machine = MachineNames.One(cli, parse.GetRequiredValue(name));
            RunAsync(cli.Terminal, machine, said, follows, limit).GetAwaiter().GetResult();
        });
    }

    private static async Task RunAsync(Terminal terminal, MachineView machine, QmpWords? said, bool follows, TimeSpan limit)
    {
        await using QmpClient qmp = await PeoplesQmp.ConnectAsync(machine, limit);
        if (said is not null)
        {
            JsonOutput.Write(terminal, await qmp.ExecuteAsync(said.Command, said.WriteArguments, limit));
        }

        if (follows)
        {
            await FollowAsync(terminal, qmp);
        }
    }

    private static async Task FollowAsync(Terminal terminal, QmpClient qmp)
    {
        using var ended = new CancellationTokenSource();
        using var interrupts = new Interrupts(ended.Cancel);
        _ = EndWithOutputAsync(ended);
        await foreach (QmpEvent happened in qmp.Events.WithCancellation(ended.Token))
        {
            JsonOutput.WriteLine(terminal, new QmpEventView(happened.Timestamp, happened.Name, happened.Data.ValueKind == System.Text.Json.JsonValueKind.Undefined ? null : happened.Data));
        }

        terminal.Note("QEMU has ended");
    }

    /// <summary>A closed pipe ends it too, not only the next event after that.</summary>
    private static async Task EndWithOutputAsync(CancellationTokenSource ended)
    {
        while (!ended.IsCancellationRequested)
        {
            if (NativeTerminal.IsClosed(1))
            {
                Environment.Exit(0);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }
}
