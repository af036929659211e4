using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>
/// Does the same to several machines at once, shows how far each has come, and tells of each how it ended. One that was only
/// among many, and has come already to what is asked for, is no error.
/// </summary>
internal sealed class MachineChanges(Cli cli, MachineSelection selection)
{
    private static readonly string[] NothingToDo = ["machine-runs", "machine-not-running", "not-suspended"];

    private readonly Option<bool> json = CommonOptions.Json("A JSON array: what became of each machine");

    /// <summary>A verb on the machines that are selected.</summary>
    /// <param name="verb">Its name, description and examples.</param>
    /// <param name="options">Its own.</param>
    /// <param name="prepare">Reads the options, before anything else; what it returns is called for each machine, side by side.</param>
    public Verb Of(Verb verb, Option[] options, Func<ParseResult, Func<DaemonClient, MachineView, MachineChangeView>> prepare) =>
        selection.Of(verb, [.. options, json]).Returns(parse =>
        {
            Func<DaemonClient, MachineView, MachineChangeView> change = prepare(parse);
            return Run(parse, selection.Find(cli, parse), change);
        });

    /// <summary>A verb that the daemon does to all machines of a lab together, in the order of what they depend on.</summary>
    /// <param name="verb">Its name, description and examples.</param>
    /// <param name="options">Its own.</param>
    /// <param name="prepare">Reads the options, before anything else; what it returns makes the request for machines of a lab.</param>
    public Verb InOrder<TRequest>(Verb verb, Option[] options, Func<ParseResult, Func<IReadOnlyList<string>, TRequest>> prepare) =>
        selection.Of(verb, [.. options, json]).Returns(parse =>
        {
            Func<IReadOnlyList<string>, TRequest> request = prepare(parse);
            IReadOnlyList<MachineView> machines = selection.Find(cli, parse);
            var labs = machines.GroupBy(machine => machine.Lab, machine => machine.Name).ToDictionary(
                lab => lab.Key,
                lab => new Lazy<IReadOnlyList<MachineOutcomeView>>(() => cli.Daemon.Post<TRequest, IReadOnlyList<MachineOutcomeView>>($"/v1/labs/{lab.Key}/{verb.Name}", request([.. lab]))));
            return Run(parse, machines, (_, machine) => labs[machine.Lab].Value.First(outcome => outcome.Machine == machine.Name) switch
            {
                { Problem: { } problem } => throw problem.ToException(),
                var done => new MachineChangeView(done.Lab, done.Machine, done.Outcome, done.Seconds, null),
            });
        });

    /// <summary>A verb that has nothing to say but its name.</summary>
    public Verb Of(Verb verb) => Of(verb, [], _ => (daemon, machine) =>
    {
        using DaemonResponse response = daemon.Open("POST", MachineNames.Route(machine, verb.Name));
        return response.Read(ApiJson.Info<MachineChangeView>());
    });

    private int Run(ParseResult parse, IReadOnlyList<MachineView> machines, Func<DaemonClient, MachineView, MachineChangeView> change)
    {
        DaemonClient daemon = cli.Daemon;
        var results = new MachineResultView[machines.Count];
        using (var view = new ProgressView(cli.Terminal, machines.Select(machine => machine.Name), TimeProvider.System))
        using (DaemonResponse events = daemon.Open("GET", "/v1/events"))
        {
            var wanted = machines.Select(machine => (machine.Lab, machine.Name)).ToHashSet();
            var follower = new Thread(() => Follow(events, view, wanted)) { IsBackground = true };
            follower.Start();
            var workers = machines.Select((machine, i) => new Thread(() => results[i] = Try(daemon, machine, selection.IsNamed(parse, machine), change))).ToArray();
            Array.ForEach(workers, worker => worker.Start());
            Array.ForEach(workers, worker => worker.Join());
        }

        Tell(parse, results);
        return results.Select(result => result.ExitCode).DefaultIfEmpty(0).Max();
    }

    private MachineResultView Try(DaemonClient daemon, MachineView machine, bool isNamed, Func<DaemonClient, MachineView, MachineChangeView> change)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            MachineChangeView done = change(daemon, machine);
            return new MachineResultView(machine.Lab, machine.Name, done.Outcome, done.Seconds);
        }
        catch (QemuLabException needless) when (!isNamed && NothingToDo.Contains(needless.Code))
        {
            return new MachineResultView(machine.Lab, machine.Name, "Unchanged", 0);
        }
        catch (Exception error)
        {
            Failure failure = Failure.Of(error, cli.Paths.DaemonLog);
            if (failure.ExitCode == Failure.Bug)
            {
                CrashLog.Write(cli.Paths.DaemonLog, error);
            }

            return new MachineResultView(machine.Lab, machine.Name, "Failed", Stopwatch.GetElapsedTime(began).TotalSeconds, (error as QemuLabException)?.Code, failure.Lines, failure.ExitCode);
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

    private void Tell(ParseResult parse, IReadOnlyList<MachineResultView> results)
    {
        if (parse.GetValue(json))
        {
            JsonOutput.Write(cli.Terminal, results);
            return;
        }

        foreach (MachineResultView result in results.Where(result => result.ExitCode == 0))
        {
            cli.Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Lab}/{result.Machine}: {Words(result.Outcome)}{(result.Seconds >= 0.95 ? $" after {result.Seconds:0}s" : "")}"));
        }

        foreach (string line in results.SelectMany(result => result.Messages ?? []))
        {
            cli.Terminal.Error.WriteLine(line);
        }
    }

    /// <summary><c>RestartRequired</c> as <c>restart required</c>.</summary>
    private static string Words(string outcome) => string.Concat(outcome.Select((letter, i) => char.IsUpper(letter) ? (i > 0 ? " " : "") + char.ToLowerInvariant(letter) : letter.ToString()));
}
