using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>Does the same to several machines at once and shows how far each has come.</summary>
internal static class MachineChanges
{
    /// <exception cref="QemuLabException">It failed for one or more; the others have been done.</exception>
    public static void Run(Cli cli, IReadOnlyList<MachineView> machines, Func<DaemonClient, MachineView, MachineChangeView> change)
    {
        DaemonClient daemon = cli.Daemon;
        Exception?[] errors = new Exception?[machines.Count];
        using (var view = new ProgressView(cli.Terminal, machines.Select(machine => machine.Name), TimeProvider.System))
        using (DaemonResponse events = daemon.Open("GET", "/v1/events"))
        {
            var wanted = machines.Select(machine => (machine.Lab, machine.Name)).ToHashSet();
            var follower = new Thread(() => Follow(events, view, wanted)) { IsBackground = true };
            follower.Start();
            var workers = machines.Select((machine, i) => new Thread(() => errors[i] = Try(daemon, machine, change))).ToArray();
            Array.ForEach(workers, worker => worker.Start());
            Array.ForEach(workers, worker => worker.Join());
        }

        ThrowIfAny(machines, errors);
    }

    private static Exception? Try(DaemonClient daemon, MachineView machine, Func<DaemonClient, MachineView, MachineChangeView> change)
    {
        try
        {
            change(daemon, machine);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private static void Follow(DaemonResponse events, ProgressView view, HashSet<(string, string)> wanted)
    {
        foreach (LabEvent happened in EventFrames.Read(events.Lines()))
        {
            if (happened.Machine is { } machine && wanted.Contains((happened.Lab, machine)))
            {
                view.Apply(happened);
            }
        }
    }

    private static void ThrowIfAny(IReadOnlyList<MachineView> machines, Exception?[] errors)
    {
        Exception[] failed = [.. errors.OfType<Exception>()];
        if (failed.FirstOrDefault(error => error is not QemuLabException) is { } bug)
        {
            throw bug;
        }

        if (failed.Length > 0)
        {
            var first = (QemuLabException)failed[0];
            string message = machines.Count == 1 ? first.Message : $"{failed.Length} of {machines.Count} machines failed\n{string.Join('\n', failed.Select(error => error.Message))}";
            throw new QemuLabException(first.Kind, first.Code, message, first.Hint);
        }
    }
}
