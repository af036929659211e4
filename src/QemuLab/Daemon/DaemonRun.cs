using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using Serilog;

namespace QemuLab.Daemon;

/// <summary>The daemon from its start to its end.</summary>
internal static class DaemonRun
{
    /// <summary>How long a daemon that is ending may keep the lock.</summary>
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(40);

    private const int BusyThreads = 32;

    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    /// <param name="paths">The home.</param>
    /// <param name="detached">Started by a command: no console, and silent where another one was faster.</param>
    /// <param name="verbose">Log what only a developer wants to know.</param>
    public static async Task<int> RunAsync(StatePaths paths, bool detached, bool verbose)
    {
        Supervision supervision = Supervision.Take(paths);
        StateHome.Prepare(paths);
        using InstanceLock? mine = await InstanceLock.TakeAsync(paths, LockLimit, TimeProvider.System, supervision.Socket is not null);
        if (mine is null)
        {
            return detached ? 0 : throw new QemuLabException(ErrorKind.Conflict, "daemon-running", $"a daemon already runs for {paths.Home}", "see: qemulab daemon status");
        }

        if (supervision.Socket is null && StateHome.Answers(paths))
        {
            // No daemon runs and yet somebody listens: to bind the path now would leave systemd deaf.
            return detached ? 0 : throw new QemuLabException(ErrorKind.Conflict, "daemon-hosted", $"systemd listens at {paths.DaemonSocket} and starts the daemon by itself", "see: qemulab service status");
        }

        DaemonLogging.Start(paths, console: !detached, verbose);
        try
        {
            await ServeAsync(paths, supervision);
            return 0;
        }
        catch (Exception error)
        {
            Log.Fatal(error, "the daemon ends");
            throw;
        }
        finally
        {
            await Log.CloseAndFlushAsync();
        }
    }

    private static async Task ServeAsync(StatePaths paths, Supervision supervision)
    {
        Log.Information("qemulab {Version:l} begins, pid {ProcessId}, home {Home:l}", BuildId.Version, Environment.ProcessId, paths.Home);
        Orphans.Adopt();

        // What flushes a file to the disk holds its thread: a whole lab that starts at once must not hold those that answer.
        ThreadPool.SetMinThreads(BusyThreads, BusyThreads);
        EngineParts parts = EngineWiring.Create(paths);
        await using LabSupervisor labs = new(parts);

        // The socket comes after the adoption: who can connect sees every machine.
        await labs.StartAsync();
        await using WebApplication app = DaemonApp.Build(parts, labs, supervision);
        await app.StartAsync();
        Log.Information("listening on {Socket:l}{Whose:l}", paths.DaemonSocket, supervision.Socket is null ? "" : ", which systemd holds");
        _ = TidyAsync();
        await app.WaitForShutdownAsync();
        Log.Information("the daemon ends; machines go on");
    }

    /// <summary>What the start has left behind is collected in the quiet after it: else the first lab that starts would wait for that.</summary>
    private static async Task TidyAsync()
    {
        await Task.Delay(Quiet);
        GC.Collect();
    }
}
