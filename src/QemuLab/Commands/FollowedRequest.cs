using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>A request that answers only at its end, and what happens to machines meanwhile, from the daemon's events.</summary>
internal static class FollowedRequest
{
    /// <summary>How long what happened last may be on its way when the answer is here.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);

    /// <param name="cli">Has the terminal and the daemon.</param>
    /// <param name="machines">Those that are shown.</param>
    /// <param name="whatGoesOn">What a Ctrl-C is told.</param>
    /// <param name="request">Asks the daemon.</param>
    /// <param name="lab">Its own events are shown too; null: no lab's are.</param>
    public static T Run<T>(Cli cli, IReadOnlyCollection<MachineIdentityView> machines, string whatGoesOn, Func<DaemonClient, T> request, string? lab = null)
    {
        DaemonClient daemon = cli.Daemon;
        HashSet<string> wanted = [.. machines.Select(machine => $"{machine.Lab}/{machine.Name}")];
        ProgressView? painted = null;
        // It listens before anything is to be seen.
        using Interrupts interrupts = Interrupts.Telling(
            line =>
            {
                painted?.Leave(line);
                if (painted is null)
                {
                    cli.Terminal.Error.WriteLine(line);
                }
            },
            whatGoesOn);
        using ProgressView view = painted = new ProgressView(cli.Terminal, machines.Select(machine => machine.Name), TimeProvider.System);
        using DaemonResponse events = daemon.Open("GET", "/v1/events");
        long last = 0;
        var follower = new Thread(() =>
        {
            foreach (LabEvent happened in EventFrames.Read(events.Lines()))
            {
                if (happened.Machine is { } machine ? wanted.Contains($"{happened.Lab}/{machine}") : happened.Lab == lab)
                {
                    view.Apply(happened);
                }

                Volatile.Write(ref last, Math.Max(happened.Id, last));
            }
        })
        { IsBackground = true };
        follower.Start();
        try
        {
            T answer = request(daemon);
            if (cli.Terminal.Progress == ProgressStyle.Json)
            {
                // A script reads all of it, up to what has happened last.
                IReadOnlyList<LabEvent> missing = daemon.Get<IReadOnlyList<LabEvent>>(string.Create(CultureInfo.InvariantCulture, $"/v1/events/kept?since={Volatile.Read(ref last)}"));
                SpinWait.SpinUntil(() => missing.Count == 0 || Volatile.Read(ref last) >= missing[^1].Id, Rest);
            }

            return answer;
        }
        finally
        {
            // What the command says of the end comes after all of it.
            events.Dispose();
            follower.Join(Rest);
        }
    }
}
