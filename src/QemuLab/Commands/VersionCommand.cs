using System.CommandLine;
using QemuLab.Api;
using QemuLab.Daemon;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab version</c>: of this program, and of the daemon where one runs. Starts none.</summary>
internal static class VersionCommand
{
    public static Command Create(Cli cli)
    {
        Option<bool> json = CommonOptions.Json("The daemon's answer");
        return new Verb("version", "Show the version of this program and of the daemon")
        {
            Examples = [("qemulab version", "both versions")],
            Options = { json },
        }.Runs(parse =>
        {
            VersionView? daemon = DaemonAccess.RunningVersion(new DaemonClient(cli.Paths.DaemonSocket), cli.Paths);
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, daemon ?? new VersionView(BuildId.Version, BuildId.Build, 0, cli.Paths.Home, default));
                return;
            }

            cli.Terminal.Out.WriteLine($"qemulab {BuildId.Version} (build {BuildId.Build})");
            cli.Terminal.Out.WriteLine(daemon is null ? "daemon not running" : $"daemon  {daemon.Version} (build {daemon.Build}), pid {daemon.ProcessId}");
        });
    }
}
