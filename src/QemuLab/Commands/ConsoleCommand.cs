using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Consoles;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab console NAME</c>: a person at the machine's serial console.</summary>
internal static class ConsoleCommand
{
    /// <summary>What is shown of what was written before one came.</summary>
    private const int LinesBefore = 10;

    private static readonly TimeSpan DefaultQuiet = TimeSpan.FromSeconds(2);

    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine" }.Completes(WordKind.Machine);
        var escape = new Option<string>("--escape", "-e") { Description = "The key that leaves (^], ^A, ctrl-x), or none", HelpName = "key", DefaultValueFactory = _ => EscapeKey.Default };
        var view = new Option<bool>("--view") { Description = "Only look on; any number of people may" };
        var force = new Option<bool>("--force", "-f") { Description = "Take the keyboard from whoever has it" };
        var quiet = new Option<string?>("--for") { Description = "Where standard input is no terminal: end once it has ended and the console was silent for so long (2s)", HelpName = "duration" };
        return new Verb("console", "Sit at a machine's serial console; one person writes, others look on. Ctrl-] leaves, every other key is the guest's")
        {
            Examples =
            [
                ("qemulab console control0", "until Ctrl-]; press Enter for a prompt"),
                ("qemulab console control0 --view", "look on while somebody else writes"),
                ("printf 'root\\n' | qemulab console control0 --for 5s", "type from a script, and see what comes"),
            ],
            Arguments = { name },
            Options = { escape, view, force, quiet },
        }.Runs(parse =>
        {
            EscapeKey key = EscapeKey.Parse(parse.GetValue(escape)!);
            if (parse.GetValue(view) && parse.GetValue(force))
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--view and --force exclude each other");
            }

            TimeSpan silence = CommonOptions.WaitOf(parse, quiet) is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultQuiet;
            MachineView machine = MachineNames.One(cli, parse.GetRequiredValue(name));
            if (!parse.GetValue(view) && !machine.HasProcess)
            {
                throw new QemuLabException(ErrorKind.Conflict, "not-running", $"{machine.Name} is not running: {machine.Status}", $"start it: qemulab start {machine.Name}; what it wrote: qemulab logs {machine.Name}");
            }

            Run(cli, machine, key, new Wish(parse.GetValue(view), parse.GetValue(force), !Console.IsInputRedirected, silence));
        });
    }

    /// <param name="View">Only look on.</param>
    /// <param name="Force">Take the seat from whoever has it.</param>
    /// <param name="AtTerminal">A person is there, and no script.</param>
    /// <param name="Quiet">Ends a script's session.</param>
    private sealed record Wish(bool View, bool Force, bool AtTerminal, TimeSpan Quiet);

    private static void Run(Cli cli, MachineView machine, EscapeKey escape, Wish wish)
    {
        using ConsoleSeat? seat = wish.View ? null : wish.Force ? ConsoleSeat.TakeOver(machine.Files!.Console) : ConsoleSeat.TryTake(machine.Files!.Console);
        if (seat is null && !wish.View && !wish.AtTerminal)
        {
            throw new QemuLabException(ErrorKind.Conflict, "console-taken", $"{Writer(machine)} writes at the console of {machine.Name}", "wait for it, or take the keyboard from it: --force");
        }

        if (wish.AtTerminal)
        {
            string how = seat is not null ? "" : wish.View ? " You only look on; Ctrl-C leaves too." : $" {Writer(machine)} writes: you only look on; Ctrl-C leaves too, --force takes the keyboard.";
            cli.Terminal.Error.WriteLine($"The console of {machine.Name}. {escape.Name} leaves.{how}");
            ShowBefore(cli, machine);
        }

        using ConsoleLine line = seat is null ? ConsoleLine.Watch(machine) : ConsoleLine.Connect(machine);
        var session = new ConsoleSession(line, escape);
        ConsoleEnd end = wish.AtTerminal ? session.RunAtTerminal() : session.RunPiped(wish.Quiet);
        Tell(cli, machine, end, seat);
    }

    /// <summary>The last lines, harmless, and the line that the cursor is in as it stands there.</summary>
    private static void ShowBefore(Cli cli, MachineView machine)
    {
        cli.Terminal.Out.Write(TerminalText.Plain(LogFile.Tail(machine.Files!.SerialLog, LinesBefore, isSerial: true)));
        cli.Terminal.Out.Flush();
    }

    private static void Tell(Cli cli, MachineView machine, ConsoleEnd end, ConsoleSeat? seat)
    {
        switch (end)
        {
            case ConsoleEnd.GuestGone:
                cli.Terminal.Note($"QEMU of {machine.Name} has ended, or was started anew: qemulab list");
                break;
            case ConsoleEnd.Interrupted when seat?.Successor is { } other:
                cli.Terminal.Note($"pid {other} has taken the keyboard of {machine.Name}");
                break;
            case ConsoleEnd.Interrupted:
                throw new OperationCanceledException();
        }
    }

    private static string Writer(MachineView machine) => ConsoleSeat.Holder(machine.Files!.Console) is { } pid ? $"pid {pid}" : "somebody else";
}
