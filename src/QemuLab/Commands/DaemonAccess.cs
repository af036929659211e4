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
        (bool answers, VersionView? other) = Ask(client, paths);
        if (!answers)
        {
            DaemonStarter.Start(paths);
        }
        else if (other is not null && other.Build != BuildId.Build)
        {
            Replace(client, other, paths, terminal);
        }

        return new DaemonClient(paths.DaemonSocket, () => Revive(client, paths));
    }

    /// <summary>Null where no daemon runs. Starts none, though systemd may listen on the socket and would.</summary>
    public static VersionView? RunningVersion(DaemonClient client, StatePaths paths) => IsRunning(paths) ? VersionOf(client, paths) : null;

    /// <summary>Whether a daemon holds the home's lock.</summary>
    public static bool IsRunning(StatePaths paths)
    {
        // To take the lock would make the file, which a daemon of another user could not open.
        if (!File.Exists(paths.DaemonLock))
        {
            return false;
        }

        using InstanceLock? free = InstanceLock.TryTake(paths);
        return free is null;
    }

    private static void Revive(DaemonClient client, StatePaths paths)
    {
        if (VersionOf(client, paths) is null)
        {
            DaemonStarter.Start(paths);
        }
    }

    /// <returns>Whether a daemon answers, and which, unless it is the same program as this one: so it nearly always is, and no body need be read.</returns>
    private static (bool Answers, VersionView? Other) Ask(DaemonClient client, StatePaths paths)
    {
        try
        {
            using DaemonResponse? answer = File.Exists(paths.DaemonSocket) ? client.Open("GET", "/v1/version") : null;
            return (answer is not null, answer is null || answer.Build == BuildId.Build ? null : answer.Read(ApiJson.Info<VersionView>()));
        }
        catch (Exception gone) when (gone is IOException or QemuLabException { Kind: ErrorKind.DaemonUnreachable })
        {
            return (false, null);
        }
    }

    /// <summary>Null where nobody answers. Where systemd listens, this starts the daemon.</summary>
    private static VersionView? VersionOf(DaemonClient client, StatePaths paths)
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

        if (version.ServiceProgram is { } program && program != OwnProgram.Find().ToString())
        {
            terminal.Note($"the daemon is of another build, which systemd starts: {program}; to have this one: qemulab service install");
            return;
        }

        try
        {
            if (version.ServiceProgram is null)
            {
                client.Do("POST", "/v1/shutdown");
            }
            else
            {
                DaemonEnd.Run(paths, force: false);
            }
        }
        catch (QemuLabException busy) when (busy.Kind == ErrorKind.Conflict)
        {
            terminal.Note("the daemon is of another build; it is at work and stays for now");
            return;
        }

        terminal.Note($"replacing the daemon (pid {version.ProcessId}), which is of another build; machines go on");
        if (version.ServiceProgram is null)
        {
            DaemonStarter.Start(paths);
        }
    }
}
