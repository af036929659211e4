using System.Diagnostics;
using System.Globalization;

namespace QemuLab.Soak;

/// <summary>What the model says and the world does differ.</summary>
internal sealed class DivergenceException(string message) : Exception(message);

/// <summary>Random verbs on many machines at once, with random kills between and among them, and a model that says what may be seen then.</summary>
internal sealed class Soak(SoakWorld world, Random random, int machines, TextWriter trace)
{
    private const string Lab = "soak";

    /// <summary>Until a state that is on its way has come, and what has ended is collected.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(40);

    private readonly Dictionary<string, HashSet<string>> model = [];
    private readonly long began = Stopwatch.GetTimestamp();

    public int Verbs { get; private set; }

    public int DaemonKills { get; private set; }

    /// <summary>Launches the lab of guests that do nothing: one byte on the console, then they halt.</summary>
    public async Task BeginAsync()
    {
        string rom = Path.Combine(world.Home, "tiny.bin");
        await File.WriteAllBytesAsync(rom, TinyGuest.Rom());
        string file = Path.Combine(world.Home, "soak.yaml");
        await File.WriteAllTextAsync(file, $$"""
            name: {{Lab}}
            image: micro
            groups: { m: { count: {{machines}}, memory: 128MiB, firmware: bios, qemuArgs: ["-bios", "{{rom}}"] } }
            """);
        await MustAsync("launch-all", "--no-wait", file);
        foreach (SeenMachine machine in await world.ListAsync())
        {
            model[machine.Name] = [SoakVerb.Running];
        }

        await CheckAsync();
    }

    /// <summary>Some verbs at the same time, most on a machine of their own, some two on one; sometimes the daemon dies among them.</summary>
    /// <param name="mayKill">Whether it may.</param>
    public async Task StepAsync(bool mayKill)
    {
        string[] chosen = [.. model.Keys.Order(StringComparer.Ordinal)];
        random.Shuffle(chosen);
        (string Machine, SoakVerb[] Verbs)[] work = [.. chosen.Take(random.Next(1, 7)).Select(machine => (machine, random.GetItems<SoakVerb>([.. SoakVerb.All], random.Next(4) == 0 ? 2 : 1)))];
        bool kill = mayKill && random.Next(12) == 0;
        int delay = random.Next(0, 400);
        Say($"{(kill ? $"daemon KILL after {delay} ms, among: " : "")}{string.Join(", ", work.Select(one => $"{string.Join('+', one.Verbs.Select(verb => verb.Name))} {one.Machine}"))}");
        IReadOnlyDictionary<string, int?> pids = (await world.ListAsync()).ToDictionary(machine => machine.Name, machine => machine.ProcessId);
        int daemon = await world.DaemonAsync();
        Task<int[]>[] calls = [.. work.Select(one => Task.WhenAll(one.Verbs.Select(verb => DoAsync(one.Machine, verb, pids.GetValueOrDefault(one.Machine)))))];
        if (kill)
        {
            await Task.Delay(delay);
            SoakWorld.Signal(daemon, "KILL");
            DaemonKills++;
        }

        int[][] answers = await Task.WhenAll(calls);
        Verbs += work.Sum(one => one.Verbs.Length);
        for (int i = 0; i < work.Length; i++)
        {
            Expect(work[i].Machine, work[i].Verbs, answers[i], kill);
        }

        if (kill)
        {
            foreach (string machine in model.Keys)
            {
                model[machine] = [.. model[machine].SelectMany(SoakVerb.AfterDaemon)];
            }

            await MustAsync("list");
        }

        await CheckAsync();
    }

    /// <summary>All machines stopped, none of them killed, all that has ended collected: for comparing what the daemon holds then.</summary>
    public async Task<(IReadOnlyDictionary<string, int> Descriptors, double Megabytes, IReadOnlyList<string> Files)> RestAsync()
    {
        await AllAsync("unpause", SoakVerb.Running, state => state == SoakVerb.Paused);
        await AllAsync("start", SoakVerb.Running, state => !SoakVerb.IsUp(state));
        await AllAsync("stop", SoakVerb.Stopped, _ => true);
        int daemon = await world.DaemonAsync();
        await UntilAsync(() => Task.FromResult(SoakWorld.Zombies(daemon) is > 0 and var count ? $"{count} children that have ended are not collected" : null));
        return (await LeastAsync(daemon), SoakWorld.Megabytes(daemon), world.Files());
    }

    /// <summary>What a process holds for good: a program that it has just run may still hold its pipes.</summary>
    private static async Task<IReadOnlyDictionary<string, int>> LeastAsync(int process)
    {
        IReadOnlyDictionary<string, int> least = SoakWorld.Descriptors(process);
        for (int look = 0; look < 20; look++)
        {
            await Task.Delay(100);
            IReadOnlyDictionary<string, int> now = SoakWorld.Descriptors(process);
            least = now.Values.Sum() < least.Values.Sum() ? now : least;
        }

        return least;
    }

    /// <summary>Nothing may be left.</summary>
    public async Task EndAsync()
    {
        await MustAsync("down", Lab, "--purge", "--force", "--yes");
        await MustAsync("daemon", "stop");
        await UntilAsync(() => Task.FromResult(world.Processes() is { Count: > 0 } left ? "processes are left:\n" + string.Join('\n', left.Select(one => $"{one.Key}: {one.Value}")) : null));
        string[] files = [.. world.Files().Where(file => file.StartsWith("labs/soak", StringComparison.Ordinal) || file.StartsWith("run/", StringComparison.Ordinal))];
        Ensure(files.Length == 0, "files are left: " + string.Join(' ', files));
    }

    public static void Ensure(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new DivergenceException(otherwise);
        }
    }

    private async Task AllAsync(string name, string state, Func<string, bool> whose)
    {
        SoakVerb verb = SoakVerb.All.First(verb => verb.Name == name);
        string[] chosen = [.. model.Keys.Where(machine => whose(model[machine].Single()))];
        Say($"{name} {string.Join(' ', chosen)}");
        await Task.WhenAll(chosen.Select(machine => DoAsync(machine, verb, null)));
        Array.ForEach(chosen, machine => model[machine] = [state]);
        await CheckAsync();
    }

    private async Task<int> DoAsync(string machine, SoakVerb verb, int? process)
    {
        if (verb.Route is null)
        {
            if (process is { } pid)
            {
                SoakWorld.Signal(pid, verb.Body);

                // What it dumps of itself takes a while, and it is up until then.
                await UntilAsync(() => Task.FromResult(SoakWorld.IsThere(pid) ? $"{verb.Name} does not end {machine}, pid {pid}" : null));
            }

            return 200;
        }

        (int status, string body) = await world.PostAsync($"machines/{Lab}/{machine}/{verb.Route}", verb.Body);
        if (status is not (200 or 0))
        {
            Say($"  {verb.Name} {machine}: {status} {body}");
        }

        return status;
    }

    private void Expect(string machine, SoakVerb[] verbs, int[] answers, bool kill)
    {
        HashSet<string> before = model[machine];
        string what = $"{string.Join(" beside ", verbs.Select(verb => verb.Name))} {machine}, which was {string.Join('/', before)}, was answered with {string.Join(" and ", answers)}";
        string[] after = [.. before.SelectMany(state => After(state, verbs))];
        if (kill)
        {
            model[machine] = [.. before, .. after, .. before.SelectMany(state => verbs.Select(verb => verb.Leads(state)).OfType<string>()), .. verbs.SelectMany(verb => verb.Between)];
        }
        else if (verbs is [var verb])
        {
            Ensure(answers[0] == (before.All(state => verb.Leads(state) is null) ? 409 : 200), what);
            model[machine] = [.. after];
        }
        else
        {
            // Which of two comes first is not said, and the second may find the first under way: what is stopping may be restarted.
            Ensure(answers.All(answer => answer is 200 or 409), what);
            bool restarts = before.Any(SoakVerb.IsUp) && verbs.Any(verb => verb.Name == "restart");
            model[machine] = [.. after, .. restarts ? [SoakVerb.Running] : Array.Empty<string>()];
        }
    }

    /// <summary>
    /// What verbs that are asked for at the same time may lead to: one after the other, in any order; one that the state does
    /// not allow changes nothing, and a signal may meet a process that another verb has ended.
    /// </summary>
    private static IEnumerable<string> After(string state, SoakVerb[] verbs) => verbs.Length == 0 ? [state] : verbs.SelectMany((verb, index) =>
    {
        SoakVerb[] others = [.. verbs.Where((_, other) => other != index)];
        IEnumerable<string> after = After(verb.Leads(state) ?? state, others);
        return verb.Route is null ? after.Concat(After(state, others)) : after;
    });

    /// <summary>Every state is one that the model allows, every machine that is up has the one QEMU that holds its disk, and nothing else runs.</summary>
    private async Task CheckAsync()
    {
        IReadOnlyList<SeenMachine> seen = [];
        await UntilAsync(async () =>
        {
            seen = await world.ListAsync();
            return seen.FirstOrDefault(machine => !model[machine.Name].Contains(machine.State)) is { } wrong
                ? $"{wrong.Name} is {wrong.State} ({wrong.Reason}), and should be {string.Join('/', model[wrong.Name])}"
                : Doubled(seen);
        });
        foreach (SeenMachine machine in seen)
        {
            model[machine.Name] = [machine.State];
        }
    }

    private string? Doubled(IReadOnlyList<SeenMachine> seen)
    {
        ILookup<string, int> holders = world.Processes()
            .SelectMany(process => seen.Where(machine => process.Value.Contains($"/machines/{machine.Name}/root.qcow2", StringComparison.Ordinal) && process.Value.Contains("qemu-system", StringComparison.Ordinal)), (process, machine) => (machine.Name, process.Key))
            .ToLookup(holder => holder.Name, holder => holder.Key);
        return seen
            .Where(machine => !holders[machine.Name].SequenceEqual(SoakVerb.IsUp(machine.State) ? [machine.ProcessId ?? 0] : []))
            .Select(machine => $"{machine.Name} is {machine.State} with pid {machine.ProcessId}, and its disk is held by [{string.Join(' ', holders[machine.Name])}]")
            .FirstOrDefault();
    }

    private static async Task UntilAsync(Func<Task<string?>> fault)
    {
        long start = Stopwatch.GetTimestamp();
        while (await fault() is { } present)
        {
            Ensure(Stopwatch.GetElapsedTime(start) < SettleLimit, present);
            await Task.Delay(50);
        }
    }

    private async Task MustAsync(params string[] arguments)
    {
        Say("qemulab " + string.Join(' ', arguments));
        var result = await world.RunAsync(arguments);
        Ensure(result.Succeeded, $"qemulab {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}");
    }

    private void Say(string line) => trace.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(began).TotalSeconds,7:0.00}  {line}"));
}
