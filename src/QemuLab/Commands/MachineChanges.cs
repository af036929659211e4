using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>
/// Does the same to several machines at once, shows how far each has come, and tells of each how it ended. One that was only
/// among many, and has come already to what is asked for, is no error.
/// </summary>
internal sealed class MachineChanges(Cli cli, MachineSelection selection)
{
    private static readonly string[] NothingToDo = ["machine-runs", "machine-not-running", "not-suspended"];

    /// <summary>What goes on after a Ctrl-C.</summary>
    public string Interrupted { get; init; } = "what the machines were asked for, they do; where they stand: qemulab list";

    private readonly Option<bool> json = CommonOptions.Json("A JSON array: what became of each machine");

    /// <summary>A verb on the machines that are selected.</summary>
    /// <param name="verb">Its name, description and examples.</param>
    /// <param name="options">Its own.</param>
    /// <param name="prepare">Reads the options, before anything else; what it returns is called for each machine, side by side.</param>
    public Verb Of(Verb verb, Option[] options, Func<ParseResult, Func<DaemonClient, MachineIdentityView, MachineChangeView>> prepare) =>
        selection.Of(verb, [.. options, json]).Returns(parse =>
        {
            Func<DaemonClient, MachineIdentityView, MachineChangeView> change = prepare(parse);
            return Run(parse, selection.FindIdentities(cli, parse), (daemon, machines) => SideBySide([.. machines.Select(machine => (Func<IEnumerable<MachineResultView>>)(() => [Try(parse, machine, () => change(daemon, machine))]))]));
        });

    /// <summary>A verb that the daemon does to all machines of a lab together, in the order of what they depend on.</summary>
    /// <param name="verb">Its name, description and examples.</param>
    /// <param name="options">Its own.</param>
    /// <param name="prepare">Reads the options, before anything else; what it returns makes the request for machines of a lab.</param>
    public Verb InOrder<TRequest>(Verb verb, Option[] options, Func<ParseResult, Func<IReadOnlyList<string>, TRequest>> prepare) =>
        selection.Of(verb, [.. options, json]).Returns(parse =>
        {
            Func<IReadOnlyList<string>, TRequest> request = prepare(parse);
            return Run(parse, selection.FindIdentities(cli, parse), (daemon, machines) => SideBySide([.. machines.GroupBy(machine => machine.Lab).Select(lab => (Func<IEnumerable<MachineResultView>>)(() =>
            {
                var outcomes = new Lazy<IReadOnlyList<MachineOutcomeView>>(() => daemon.Post<TRequest, IReadOnlyList<MachineOutcomeView>>($"/v1/labs/{lab.Key}/{verb.Name}", request([.. lab.Select(machine => machine.Name)])));
                return lab.Select(machine => Try(parse, machine, () => outcomes.Value.First(outcome => outcome.Machine == machine.Name) switch
                {
                    { Problem: { } problem } => throw problem.ToException(),
                    var done => new MachineChangeView(done.Lab, done.Machine, done.Outcome, done.Seconds, null),
                }));
            }))]));
        });

    /// <summary>A verb that has nothing to say but its name.</summary>
    public Verb Of(Verb verb) => Of(verb, [], _ => (daemon, machine) =>
    {
        using DaemonResponse response = daemon.Open("POST", MachineNames.Route(machine, verb.Name));
        return response.Read(ApiJson.Info<MachineChangeView>());
    });

    private int Run(ParseResult parse, IReadOnlyList<MachineIdentityView> machines, Func<DaemonClient, IReadOnlyList<MachineIdentityView>, IReadOnlyList<MachineResultView>> change)
    {
        ILookup<string, MachineResultView> done = FollowedRequest
            .Run(cli, machines, Interrupted, daemon => change(daemon, machines))
            .ToLookup(result => $"{result.Lab}/{result.Machine}");
        IReadOnlyList<MachineResultView> results = [.. machines.Select(machine => done[$"{machine.Lab}/{machine.Name}"].First())];
        Tell(parse, results);
        return results.Count == 0 ? 0 : results.Max(result => result.ExitCode);
    }

    /// <summary>The client is synchronous: a thread for each request that others do not wait for.</summary>
    private static IReadOnlyList<MachineResultView> SideBySide(Func<IEnumerable<MachineResultView>>[] requests)
    {
        var results = new MachineResultView[requests.Length][];
        Thread[] workers = [.. requests.Select((request, i) => new Thread(() => results[i] = [.. request()]))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        return [.. results.SelectMany(some => some)];
    }

    private MachineResultView Try(ParseResult parse, MachineIdentityView machine, Func<MachineChangeView> change)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            MachineChangeView done = change();
            return new MachineResultView(machine.Lab, machine.Name, done.Outcome, done.Seconds);
        }
        catch (QemuLabException needless) when (!selection.IsNamed(parse, machine) && NothingToDo.Contains(needless.Code))
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

        foreach (string line in results.SelectMany(result => result.Messages ?? []).Distinct())
        {
            cli.Terminal.Error.WriteLine(line);
        }
    }

    /// <summary><c>RestartRequired</c> as <c>restart required</c>.</summary>
    private static string Words(string outcome)
    {
        var words = new StringBuilder();
        foreach (char letter in outcome)
        {
            words.Append(char.IsUpper(letter) && words.Length > 0 ? " " : "").Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }
}
