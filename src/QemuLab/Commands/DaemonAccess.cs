using QemuLab.Api;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>Gets a command its daemon.</summary>
internal static class DaemonAccess
{
    public static DaemonClient Ensure(StatePaths paths, Terminal terminal)
    {
        StateHome.CheckSocketPath(paths.DaemonSocket);
        var client = new DaemonClient(paths.DaemonSocket);
        if (VersionOf(client, paths) is not { } version)
        {
            DaemonStarter.Start(paths);
            return client;
        }

        if (version.Build != BuildId.Build)
        {
            Replace(client, version, paths, terminal);
        }

        return client;
    }

    /// <summary>Null where no daemon answers.</summary>
    public static VersionView? VersionOf(DaemonClient client, StatePaths paths)
    {
        try
        {
            return File.Exists(paths.DaemonSocket) ? client.Get<VersionView>("/v1/version") : null;
        }
        catch (QemuLabException error) when (error.Kind == ErrorKind.DaemonUnreachable)
        {
            return null;
        }
    }

    /// <summary>Machines outlive the daemon, so that replacing it disturbs nobody, unless it is at work.</summary>
    private static void Replace(DaemonClient client, VersionView version, StatePaths paths, Terminal terminal)
    {
        if (Version.Parse(version.Version) > Version.Parse(BuildId.Version))
        {
            terminal.Note($"the daemon is of version {version.Version}, this program of {BuildId.Version}");
            return;
        }

        try
        {
            client.Do("POST", "/v1/shutdown");
        }
        catch (QemuLabException busy) when (busy.Kind == ErrorKind.Conflict)
        {
            terminal.Note("the daemon is of another build; it is at work and stays for now");
            return;
        }

        terminal.Note($"replacing the daemon (pid {version.ProcessId}), which is of another build; machines go on");
        DaemonStarter.Start(paths);
    }
}
