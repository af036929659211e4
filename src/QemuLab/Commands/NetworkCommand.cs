using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Networks;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab network</c>: the labs' networks: seen, checked, captured, made worse on purpose.</summary>
internal static class NetworkCommand
{
    public static Command Create(Cli cli) => new Verb("network", "Show networks, check and capture them, make them worse on purpose", "net")
    {
        Subcommands =
        {
            NetworkListCommand.Create(cli),
            NetworkShowCommand.Create(cli),
            NetworkCheckCommand.Create(cli),
            NetworkCaptureCommand.Create(cli),
            Cut(cli),
            Valued(cli, "delay", "Make every frame of machines late, each way", NetworkFaultKind.Delay, "50ms", SecondsOf),
            Valued(cli, "loss", "Lose a share of the frames of machines, each way", NetworkFaultKind.Loss, "10%", PercentOf),
            Valued(cli, "rate", "Let no more than a rate through to and from machines", NetworkFaultKind.Rate, "10mbit", BitsOf),
            Partition(cli),
            Heal(cli),
            NetworkSudoersCommand.Create(cli),
        },
        Examples = [("qemulab network check", "what reaches what, and where it stops"), ("qemulab network cut worker0 --for 30s", "what does the cluster do?"), ("qemulab network capture k8s | wireshark -k -i -", "every frame, live")],
    };

    private static Verb Cut(Cli cli)
    {
        Argument<string[]> names = Names();
        (Option<string?> duration, Option<string?> network) = (For(), On());
        return new Verb("cut", "Cut machines off, SSH from the host included")
        {
            Examples = [("qemulab network check", "what reaches what, and where it stops"), ("qemulab network cut worker0", "until it is healed"), ("qemulab network cut control --for 1m", "a whole group, for a minute")],
            Arguments = { names },
            Options = { duration, network },
        }.Runs(parse => Impair(cli, parse, parse.GetValue(names)!, NetworkFaultKind.Cut, 0, duration, network));
    }

    private static Verb Valued(Cli cli, string verb, string description, NetworkFaultKind kind, string example, Func<string, double> read)
    {
        Argument<string[]> words = new Argument<string[]>("name") { Description = $"Machines, LAB/MACHINE or groups, and last how much, such as {example}", Arity = ArgumentArity.OneOrMore }.Completes(WordKind.MachineOrGroup);
        (Option<string?> duration, Option<string?> network) = (For(), On());
        return new Verb(verb, description)
        {
            Examples = [($"qemulab network {verb} worker0 {example}", "until it is healed"), ($"qemulab network {verb} worker {example} --for 5m", "a whole group, for five minutes")],
            Arguments = { words },
            Options = { duration, network },
        }.Runs(parse =>
        {
            string[] given = parse.GetValue(words)!;
            if (given.Length < 2)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "name at least one machine or group, and last how much", $"run: qemulab network {verb} NAME {example}");
            }

            Impair(cli, parse, given[..^1], kind, read(given[^1]), duration, network);
        });
    }

    private static Verb Partition(Cli cli)
    {
        Argument<string> one = new Argument<string>("one") { Description = "A machine, LAB/MACHINE or a group" }.Completes(WordKind.MachineOrGroup);
        Argument<string> other = new Argument<string>("other") { Description = "Those that it shall not hear, nor they it" }.Completes(WordKind.MachineOrGroup);
        (Option<string?> duration, Option<string?> network) = (For(), On());
        return new Verb("partition", "Let two groups of machines not hear each other; the rest goes on")
        {
            Examples = [("qemulab network partition control0 control1 --for 30s", "a split of two"), ("qemulab network partition control worker", "each of one group from each of the other")],
            Arguments = { one, other },
            Options = { duration, network },
        }.Runs(parse =>
        {
            IReadOnlyList<MachineView> left = MachineNames.Find(cli, [parse.GetRequiredValue(one)]), right = MachineNames.Find(cli, [parse.GetRequiredValue(other)]);
            if (left[0].Lab != right[0].Lab)
            {
                throw new QemuLabException(ErrorKind.Usage, "labs-differ", $"lab {left[0].Lab} and lab {right[0].Lab} do not hear each other anyway");
            }

            Post(cli, left[0].Lab, new FaultRequest(
                NetworkFaultKind.Partition, [.. left.Select(machine => machine.Name)], [.. right.Select(machine => machine.Name)],
                0, parse.GetValue(network), CommonOptions.SecondsOf(parse, duration)));
        });
    }

    private static Verb Heal(Cli cli)
    {
        Argument<string[]> names = new Argument<string[]>("name") { Description = "Machines, LAB/MACHINE or groups; none: everything of every lab", Arity = ArgumentArity.ZeroOrMore }.Completes(WordKind.MachineOrGroup);
        return new Verb("heal", "Make the network of machines good again")
        {
            Examples = [("qemulab network heal", "everything"), ("qemulab network heal worker0", "what concerns worker0")],
            Arguments = { names },
        }.Runs(parse =>
        {
            string[] named = parse.GetValue(names)!;
            IReadOnlyList<MachineView> machines = MachineNames.Several(cli, named, all: named.Length == 0);
            foreach (IGrouping<string, MachineView> lab in machines.GroupBy(machine => machine.Lab))
            {
                string query = named.Length == 0 ? "" : "?machines=" + string.Join(',', lab.Select(machine => machine.Name));
                Show(cli, lab.Key, cli.Daemon.Delete<IReadOnlyList<NetworkFault>>($"/v1/labs/{lab.Key}/faults{query}"));
            }
        });
    }

    private static void Impair(Cli cli, ParseResult parse, string[] names, NetworkFaultKind kind, double value, Option<string?> duration, Option<string?> network)
    {
        foreach (IGrouping<string, MachineView> lab in MachineNames.Several(cli, names, all: false).GroupBy(machine => machine.Lab))
        {
            Post(cli, lab.Key, new FaultRequest(kind, [.. lab.Select(machine => machine.Name)], null, value, parse.GetValue(network), CommonOptions.SecondsOf(parse, duration)));
        }
    }

    private static void Post(Cli cli, string lab, FaultRequest request) =>
        Show(cli, lab, cli.Daemon.Post<FaultRequest, IReadOnlyList<NetworkFault>>($"/v1/labs/{lab}/faults", request));

    /// <summary>What is impaired in the lab now, a line each.</summary>
    private static void Show(Cli cli, string lab, IReadOnlyList<NetworkFault> faults)
    {
        foreach (NetworkFault fault in faults)
        {
            string until = fault.Until is { } end ? ", until " + end.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture) : "";
            cli.Terminal.Out.WriteLine($"{lab}/{fault.Machine}: {fault.TextFor(fault.Machine)}{until}");
        }

        if (faults.Count == 0)
        {
            cli.Terminal.Out.WriteLine($"{lab}: nothing is impaired");
        }
    }

    private static Argument<string[]> Names() => new Argument<string[]>("name") { Description = "Machines, LAB/MACHINE or groups", Arity = ArgumentArity.OneOrMore }.Completes(WordKind.MachineOrGroup);

    private static Option<string?> For() => new("--for") { Description = "After this time the daemon heals it (30s, 5m)", HelpName = "duration" };

    private static Option<string?> On() => new Option<string?>("--network") { Description = "Only on this network of the lab; without it on all that the machine is on", HelpName = "name" }.Completes(WordKind.NetworkName);

    private static double SecondsOf(string text) => Duration.TryParse(text, out TimeSpan duration)
        ? duration.TotalSeconds
        : throw new QemuLabException(ErrorKind.Usage, "duration-invalid", $"'{text}' is not a delay such as 50ms or 1s");

    private static double PercentOf(string text) => text.EndsWith('%') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent)
        ? percent
        : throw new QemuLabException(ErrorKind.Usage, "loss-invalid", $"'{text}' is not a share such as 10% or 0.5%");

    private static double BitsOf(string text) => BitRate.TryParse(text, out long bits)
        ? bits
        : throw new QemuLabException(ErrorKind.Usage, "rate-invalid", $"'{text}' is not {BitRate.Rule}");
}
