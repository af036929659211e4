using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab top</c>: what machines take of the host, now.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(200);

    public static Command Create(Cli cli)
    {
        var selection = new MachineSelection();
        var once = new Option<bool>("--once") { Description = "One table and an end, as where the output is no terminal" };
        var interval = new Option<string?>("--interval", "-i") { Description = "How long is measured for each table (2s)", HelpName = "duration" };
        Option<string> sort = new Option<string>("--sort") { Description = "By name (as the labs have them), cpu, memory, disk or network", HelpName = "column", DefaultValueFactory = _ => "name" }.Completes(["name", "cpu", "memory", "disk", "network"]);
        Option<bool> json = CommonOptions.Json("A JSON array, once: processors (1 is one of them, fully), bytes, and bytes a second");
        return selection.Of(new Verb("top", "Show what machines take of the host: processors, memory, disks, network", "stats")
        {
            Examples = [("qemulab top", "until Ctrl-C"), ("qemulab top worker --sort cpu", "a group, the busiest first"), ("qemulab top --once --interval 10s", "the mean of ten seconds, for a log")],
        }, once, interval, sort, json).Runs(parse =>
        {
            TimeSpan pause = CommonOptions.SecondsOf(parse, interval) is { } seconds ? TimeSpan.FromSeconds(seconds) : Usual;
            if (pause < Least)
            {
                throw new QemuLabException(ErrorKind.Usage, "duration-invalid", $"--interval '{parse.GetValue(interval)}' is too short to measure anything", $"give {Least.TotalMilliseconds:0}ms or more");
            }

            Func<MachineRatesView, double>? key = KeyOf(parse.GetValue(sort)!);
            HashSet<(string, string)>? wanted = selection.IsAny(parse) ? [.. selection.FindIdentities(cli, parse).Select(machine => (machine.Lab, machine.Name))] : null;
            string query = selection.LabOf(parse) is { } lab ? "?lab=" + Uri.EscapeDataString(lab) : "";
            IReadOnlyList<MachineUsageView> Look() =>
                [.. cli.Daemon.Get<IReadOnlyList<MachineUsageView>>("/v1/usage" + query).Where(one => wanted?.Contains((one.Lab, one.Machine)) ?? true)];
            IReadOnlyList<MachineRatesView> Sorted(IReadOnlyList<MachineRatesView> rates) => key is null ? rates : [.. rates.OrderByDescending(key)];

            using var ended = new ManualResetEventSlim();
            using var interrupts = new Interrupts(ended.Set);
            bool isLive = !parse.GetValue(once) && !parse.GetValue(json) && cli.Terminal is { Width: not null, Live: true };
            var painter = isLive ? new LivePainter(cli.Terminal.Error) : null;
            IReadOnlyList<MachineUsageView> before = Look();
            do
            {
                if (ended.Wait(pause))
                {
                    throw new OperationCanceledException();
                }

                IReadOnlyList<MachineUsageView> now = Look();
                Show(cli.Terminal, Sorted(UsageTable.Rates(before, now)), painter, parse.GetValue(json));
                before = now;
            }
            while (isLive);
        });
    }

    private static void Show(Terminal terminal, IReadOnlyList<MachineRatesView> rates, LivePainter? painter, bool json)
    {
        if (json)
        {
            JsonOutput.Write(terminal, rates);
        }
        else if (painter is not null)
        {
            (int columns, int rows) = Terminal.WindowSize();
            string[] lines = UsageTable.Render(rates, columns - 1).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            painter.Paint(rates.Count == 0 ? ["no machine runs"] : [.. lines.Take(rows - 1)]);
        }
        else if (rates.Count == 0)
        {
            terminal.Error.WriteLine("no machine runs");
        }
        else
        {
            terminal.Out.Write(UsageTable.Render(rates, terminal.Width));
        }
    }

    private static Func<MachineRatesView, double>? KeyOf(string sort) => sort switch
    {
        "name" => null,
        "cpu" => one => one.Cpu,
        "memory" => one => one.Memory,
        "disk" => one => (one.DiskRead + one.DiskWritten) ?? 0,
        "network" => one => (one.NetworkReceived + one.NetworkSent) ?? 0,
        _ => throw new QemuLabException(ErrorKind.Usage, "usage", $"there is no column '{sort}'", "name, cpu, memory, disk or network"),
    };
}
