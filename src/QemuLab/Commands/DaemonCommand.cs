using System.CommandLine;
using QemuLab.Api;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab daemon</c>: in the foreground, or started, stopped and asked for.</summary>
internal static class DaemonCommand
{
    public static Command Create(Cli cli)
    {
        var detached = new Option<bool>("--detached") { Hidden = true };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Log more" };
        var force = new Option<bool>("--force", "-f") { Description = "Even while a lab is being changed; what was begun is taken back" };
        return new Verb("daemon", "Run the daemon in the foreground; commands start one by themselves")
        {
            Examples = [("qemulab daemon", "in the foreground, as systemd wants it"), ("qemulab daemon stop", "machines go on")],
            Options = { detached, verbose },
            Subcommands =
            {
                new Verb("start", "Start the daemon in the background") { Examples = [("qemulab daemon start", "before anything asks for it")] }.Runs(_ => Show(cli, cli.Daemon.Get<VersionView>("/v1/version"))),
                new Verb("status", "Say whether the daemon runs; exit code 3 where it does not") { Examples = [("qemulab daemon status", "its version, process and home; starts none")] }.Runs(_ => Status(cli)),
                new Verb("stop", "End the daemon; machines go on") { Examples = [("qemulab daemon stop", "the next command starts a new one, which finds the machines")], Options = { force } }.Runs(parse => Stop(cli, parse.GetValue(force))),
            },
        }.Returns(parse => DaemonRun.RunAsync(cli.Paths, parse.GetValue(detached), parse.GetValue(verbose)).GetAwaiter().GetResult());
    }

    private static void Status(Cli cli)
    {
        VersionView version = DaemonAccess.RunningVersion(new DaemonClient(cli.Paths.DaemonSocket), cli.Paths)
            ?? throw new QemuLabException(ErrorKind.DaemonUnreachable, "daemon-not-running", $"no daemon runs for {cli.Paths.Home}", "start it: qemulab daemon start");
        Show(cli, version);
    }

    private static void Show(Cli cli, VersionView version) =>
        cli.Terminal.Out.WriteLine($"running: version {version.Version}, pid {version.ProcessId}, up {Duration.Short(DateTimeOffset.UtcNow - version.StartedAt)}, home {version.Home}");

    private static void Stop(Cli cli, bool force)
    {
        switch (DaemonEnd.Run(cli.Paths, force))
        {
            case null:
                cli.Terminal.Note("no daemon was running");
                break;
            case { ServiceProgram: not null }:
                cli.Terminal.Note("systemd listens in its stead and starts it again for the next command; to end that too: qemulab service uninstall");
                break;
        }
    }
}
