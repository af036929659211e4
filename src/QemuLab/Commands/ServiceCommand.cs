using System.CommandLine;
using QemuLab.Api;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Output;
using Command = System.CommandLine.Command;

namespace QemuLab.Commands;

/// <summary><c>qemulab service</c>: the daemon started by systemd or launchd.</summary>
internal static class ServiceCommand
{
    public static Command Create(Cli cli) => new Verb("service", "Have systemd or launchd start the daemon, or no longer")
    {
        Examples = [("qemulab service install", "from now on, for your user"), ("qemulab service status", "what is installed, and whether it runs"), ("qemulab service uninstall", "take it back; machines go on")],
        Subcommands = { Install(cli), Uninstall(cli), Status(cli) },
    };

    private static Verb Install(Cli cli)
    {
        Option<bool> system = System();
        var user = new Option<string?>("--user") { Description = "With --system: who the daemon runs as, with the capabilities that bridges need; left out: root", HelpName = "name" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Print the files and commands; change nothing" };
        return new Verb("install", "Write the unit files and start the daemon by them")
        {
            Examples =
            [
                ("qemulab service install --dry-run", "read what would be done"),
                ("qemulab service install", "started at your login and by the first command"),
                ("sudo qemulab service install --system --user $USER", "started with the host, and allowed to make bridges"),
            ],
            Options = { system, user, dryRun },
        }.Runs(parse =>
        {
            bool isSystem = parse.GetValue(system);
            string? name = parse.GetValue(user);
            if (name is not null && !isSystem)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--user is for a service of the host, yours runs as you", "add --system, or leave --user out");
            }

            ServiceAccess access = ServiceAccess.For(cli);
            HostedDaemon daemon = access.Daemon(isSystem, name);
            if (parse.GetValue(dryRun))
            {
                Print(cli, access.Init, daemon);
                return;
            }

            EnsureRoot(isSystem, name is null ? "service install --system" : $"service install --system --user {name}");
            foreach ((string path, FileChange change) in access.Installation.InstallAsync(daemon).GetAwaiter().GetResult())
            {
                cli.Terminal.Out.WriteLine($"{change.ToString().ToLowerInvariant()} {path}");
            }

            cli.Terminal.Note($"{access.Init.Name} starts the daemon {(isSystem ? $"with the host, as {daemon.Account.Name}" : "with your first session")}; home {daemon.Paths.Home}");
            if (access.Init.Advice(daemon) is { } advice)
            {
                cli.Terminal.Note(advice);
            }
        });
    }

    private static Verb Uninstall(Cli cli)
    {
        Option<bool> system = System();
        return new Verb("uninstall", "Remove what install wrote; machines go on")
        {
            Examples = [("qemulab service uninstall", "the next command starts a daemon by itself again")],
            Options = { system },
        }.Runs(parse =>
        {
            bool isSystem = parse.GetValue(system);
            EnsureRoot(isSystem, "service uninstall --system");
            ServiceAccess access = ServiceAccess.For(cli);
            IReadOnlyList<(string Path, FileChange Change)> removed = access.Installation.UninstallAsync(access.Daemon(isSystem, null)).GetAwaiter().GetResult();
            foreach ((string path, FileChange change) in removed)
            {
                cli.Terminal.Out.WriteLine($"{change.ToString().ToLowerInvariant()} {path}");
            }

            cli.Terminal.Note(removed.Count == 0 ? "nothing was installed" : "machines go on; the next command starts a daemon by itself");
        });
    }

    private static Verb Status(Cli cli)
    {
        Option<bool> json = CommonOptions.Json("A JSON array: a service of the user, one of the host");
        return new Verb("status", "Show what is installed and whether it runs; starts nothing; exit code 4 where nothing is installed")
        {
            Examples = [("qemulab service status", "a line for each service"), ("qemulab service status --json", "for scripts")],
            Options = { json },
        }.Returns(parse =>
        {
            IReadOnlyList<ServiceView> services = ServiceAccess.For(cli).LookAsync().GetAwaiter().GetResult();
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, services);
            }
            else if (services.Count == 0)
            {
                cli.Terminal.Note("nothing is installed: qemulab service install");
            }
            else
            {
                var table = new TextTable(new("SERVICE"), new("DAEMON"), new("PID", RightAligned: true), new("ENABLED"), new("SOCKET"), new("UNITS"), new("HOME", DropOrder: 1));
                foreach (ServiceView service in services)
                {
                    table.Add(service.Scope, service.State, service.ProcessId?.ToString(), service.Enabled ? "yes" : "no", service.Listening ? "listening" : "no", service.Current ? "as written" : "differ", service.Home);
                }

                cli.Terminal.Out.Write(table.Render(cli.Terminal.Width));
            }

            return services.Count == 0 ? Failure.CodeOf(ErrorKind.NotFound) : 0;
        });
    }

    private static Option<bool> System() => new("--system") { Description = "A service of the host instead of one of your user; needs root" };

    private static void Print(Cli cli, InitSystem init, HostedDaemon daemon)
    {
        foreach (HostedFile file in init.FilesFor(daemon))
        {
            cli.Terminal.Out.Write($"# {file.Path}\n{file.Text}\n");
        }

        foreach (Engine.Hosts.Command command in init.AfterWriting(daemon.IsSystem))
        {
            cli.Terminal.Out.WriteLine($"# run: {command}");
        }
    }

    private static void EnsureRoot(bool isSystem, string again)
    {
        if (isSystem && !Environment.IsPrivilegedProcess)
        {
            throw new QemuLabException(ErrorKind.Failed, "not-root", "a service of the host is root's to change; nothing was changed", $"run: sudo {OwnProgram.Find()} {again}");
        }
    }
}
