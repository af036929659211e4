using System.Diagnostics;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>Starts the daemon for a command that needs it. Any number may try at once: the instance lock lets one through.</summary>
internal static class DaemonStarter
{
    /// <summary>Generous: a busy host, and a first look at the accelerator.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Returns when the daemon's socket answers.</summary>
    /// <exception cref="QemuLabException">It ended, or its socket did not come.</exception>
    public static void Start(StatePaths paths)
    {
        StateHome.Prepare(paths);
        Command self = OwnProgram.Find();
        DaemonProcess daemon = DaemonProcess.Start(self.Program, [.. self.Arguments, "daemon", "--detached"], paths.DaemonLog, OwnRuntime.Variables);
        long began = Stopwatch.GetTimestamp();
        int? exit = null;
        while (!StateHome.Answers(paths))
        {
            exit ??= daemon.ExitCode();
            if (exit is not (null or 0))
            {
                throw new QemuLabException(ErrorKind.DaemonUnreachable, "daemon-ended", $"the daemon ended at its start: {LastLine(paths.DaemonLog)}", $"its log: {paths.DaemonLog}");
            }

            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw new QemuLabException(ErrorKind.DaemonUnreachable, "daemon-silent", $"the daemon did not answer within {Limit.TotalSeconds} s: {LastLine(paths.DaemonLog)}", $"its log: {paths.DaemonLog}");
            }

            Thread.Sleep(10);
        }
    }

    private static string LastLine(string log)
    {
        string[] lines = Api.LogFile.Tail(log, 20).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.LastOrDefault(line => line.StartsWith("error: ", StringComparison.Ordinal))?["error: ".Length..] ?? lines.LastOrDefault() ?? "it wrote nothing";
    }
}
