using QemuLab.Api;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Commands;

/// <summary>What the service verbs work with: this host's init system, and the daemon as it would be told to run it.</summary>
internal sealed class ServiceAccess
{
    private readonly Cli cli;
    private readonly CommandRunner runner = new();
    private readonly HostAccount account;

    private ServiceAccess(Cli cli)
    {
        this.cli = cli;
        account = HostAccount.Current(cli.Environment);
        Init = OperatingSystem.IsMacOS() ? new Launchd(runner, account) : new Systemd(runner, Systemd.UserUnits(account, cli.Environment));
        Installation = new DaemonInstallation(Init, runner, End);
    }

    public InitSystem Init { get; }

    public DaemonInstallation Installation { get; }

    public static ServiceAccess For(Cli cli) => new(cli);

    /// <param name="isSystem">The host's; else the user's who asks.</param>
    /// <param name="name">The user that the host's daemon runs as; null: root.</param>
    /// <exception cref="QemuLabException">There is no such user.</exception>
    public HostedDaemon Daemon(bool isSystem, string? name) => isSystem
        ? HostedDaemon.OfHost(OwnProgram.Find(), HostAccount.FindAsync(name ?? "root", runner).GetAwaiter().GetResult(), cli.Environment)
        : HostedDaemon.OfUser(OwnProgram.Find(), cli.Paths, account, cli.Environment);

    /// <summary>What is installed: the user's service, then the host's.</summary>
    public async Task<IReadOnlyList<ServiceView>> LookAsync()
    {
        var views = new List<ServiceView>();
        foreach (bool isSystem in (bool[])[false, true])
        {
            HostedDaemon asked = Daemon(isSystem, null);
            HostedFile[] present = [.. Init.FilesFor(asked).Where(file => file.Present is not null && !file.IsForeign)];
            if (present.Length > 0)
            {
                views.Add(await LookAsync(isSystem, asked, present));
            }
        }

        return views;
    }

    private async Task<ServiceView> LookAsync(bool isSystem, HostedDaemon asked, HostedFile[] present)
    {
        string? home = Init.HomeOf(present);
        HostedDaemon installed = (isSystem ? Daemon(isSystem, Init.UserOf(present)) : asked) with { Paths = home is null ? asked.Paths : new StatePaths(home) };
        HostedState state = await Init.AbsenceAsync(isSystem) is { } absence ? new HostedState(false, false, absence, null) : await Init.LookAsync(isSystem);
        return new ServiceView
        {
            Scope = isSystem ? "system" : "user",
            Init = Init.Name,
            Files = [.. present.Select(file => file.Path)],
            Home = home,
            Current = Init.FilesFor(installed).All(file => file.Present == file.Text),
            Enabled = state.Enabled,
            Listening = state.Listening,
            State = state.State,
            ProcessId = state.ProcessId,
        };
    }

    private static void End(StatePaths paths, bool hosted)
    {
        if (hosted || DaemonAccess.RunningVersion(new DaemonClient(paths.DaemonSocket), paths) is { ServiceProgram: null })
        {
            DaemonEnd.Run(paths, force: false);
        }
    }
}
