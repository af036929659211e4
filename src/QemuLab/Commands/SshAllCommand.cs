using System.CommandLine;
using QemuLab.Api;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary><c>qemulab ssh-all</c>: a login on each machine at once, in tmux.</summary>
internal static class SshAllCommand
{
    public static Command Create(Cli cli)
    {
        var selection = new MachineSelection();
        var synchronized = new Option<bool>("--sync", "-s") { Description = "What is typed in one pane goes to all of its window" };
        var detached = new Option<bool>("--detach", "-d") { Description = "Make the session and do not show it" };
        var renew = new Option<bool>("--new") { Description = "End the session of an earlier call first" };
        var plain = new Option<bool>("--no-tmux") { Description = "Lines with each machine's name instead; what is typed goes to all" };
        Verb verb = selection.Of(new Verb("ssh-all", "Log in to several machines at once: a tmux session with a window for each group and a pane for each machine")
        {
            Examples =
            [
                ("qemulab ssh-all", "every machine that runs; Ctrl-B N is the next window, Ctrl-B D detaches"),
                ("qemulab ssh-all worker --sync", "one group, typed to all; Ctrl-B :setw synchronize-panes switches that"),
                ("echo uptime | qemulab ssh-all --no-tmux", "a shell in each, without tmux"),
            ],
        }, synchronized, detached, renew, plain);
        return verb.Returns(parse =>
        {
            MachineLoginView[] machines = Running(cli, selection, parse);
            bool hasTerminal = !Console.IsInputRedirected && !Console.IsOutputRedirected;
            if (parse.GetValue(plain) || !Tmux.IsInstalled || !(hasTerminal || parse.GetValue(detached)))
            {
                string why = parse.GetValue(plain) || Tmux.IsInstalled ? "" : "tmux is not installed: ";
                cli.Terminal.Note($"{why}what is typed goes to a shell on each of {machines.Length} machines; Ctrl-D ends them");
                return new GuestShells(cli, machines.Length, typed: true).Run(machines, ["sh"], json: false);
            }

            var tmux = new Tmux("qemulab-" + string.Join('-', machines.Select(machine => machine.Lab).Distinct()));
            if (parse.GetValue(renew))
            {
                tmux.End();
            }

            if (!tmux.Exists())
            {
                tmux.Create(machines, parse.GetValue(synchronized));
            }
            else
            {
                cli.Terminal.Note($"the tmux session {tmux.Session} is there already; --new ends it first");
            }

            if (parse.GetValue(detached))
            {
                cli.Terminal.Out.WriteLine($"tmux attach -t {tmux.Session}");
                return 0;
            }

            return tmux.Attach();
        });
    }

    /// <summary>What was named must run; of all, what runs is meant.</summary>
    private static MachineLoginView[] Running(Cli cli, MachineSelection selection, ParseResult parse)
    {
        bool isByName = parse.GetValue(selection.Names) is { Length: > 0 };
        IReadOnlyList<MachineLoginView> machines = isByName || selection.IsByOption(parse) ? selection.FindLogins(cli, parse) : selection.FindAllLogins(cli, parse);
        MachineLoginView[] running = [.. machines.Where(machine => isByName || machine.IsRunning)];
        foreach (MachineLoginView machine in running)
        {
            GuestShell.ConfigOf(machine);
        }

        return running.Length > 0 ? running : throw new QemuLabException(ErrorKind.Conflict, "not-running", "no machine runs", "run: qemulab list");
    }
}
