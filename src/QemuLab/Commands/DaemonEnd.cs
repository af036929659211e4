using System.Diagnostics;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Commands;

/// <summary>Ends the daemon of a home and waits until it is gone; machines go on.</summary>
internal static class DaemonEnd
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    /// <param name="paths">The home.</param>
    /// <param name="force">Even while a lab is being changed.</param>
    /// <returns>The daemon that ran; null where none did.</returns>
    /// <exception cref="QemuLabException">It is at work, or does not end.</exception>
    public static VersionView? Run(StatePaths paths, bool force)
    {
        var client = new DaemonClient(paths.DaemonSocket);
        if (DaemonAccess.RunningVersion(client, paths) is not { } version)
        {
            return null;
        }

        ProcessIdentity? daemon = ProcessIdentity.Of(version.ProcessId);
        client.Do("POST", "/v1/shutdown" + (force ? "?force=true" : ""));
        long began = Stopwatch.GetTimestamp();

        // It lets go of its lock last; where systemd listens, the next daemon may hold that already.
        while (DaemonAccess.IsRunning(paths) && daemon?.IsAlive != false)
        {
            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw new QemuLabException(ErrorKind.TimedOut, "daemon-stays", $"the daemon has not ended within {Limit.TotalSeconds} s", $"its log: {paths.DaemonLog}");
            }

            Thread.Sleep(10);
        }

        return version;
    }
}
