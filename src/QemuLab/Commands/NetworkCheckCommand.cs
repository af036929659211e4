using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Networks;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab network check</c>: what reaches what, and where it stops.</summary>
internal static class NetworkCheckCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "The lab; may be left out where there is one", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        var all = new Option<bool>("--all", "-a") { Description = "Also the lines that are as they should be" };
        Option<bool> json = CommonOptions.Json("A JSON array of checks");
        return new Verb("check", "Ask every machine what it reaches, and say where it stops")
        {
            Examples = [("qemulab network check", "what is not as it should be; exit code 1 where something is"), ("qemulab network check k8s --all", "every pair of machines")],
            Arguments = { lab },
            Options = { all, json },
        }.Returns(parse =>
        {
            string name = parse.GetValue(lab) ?? OnlyLab(cli);
            IReadOnlyList<NetworkCheckRow> rows = cli.Daemon.Get<IReadOnlyList<NetworkCheckRow>>($"/v1/labs/{Uri.EscapeDataString(name)}/network-check");
            int wrong = rows.Count(row => !row.IsGood);
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, rows);
            }
            else
            {
                Print(cli.Terminal, [.. rows.Where(row => parse.GetValue(all) || !row.IsGood)], rows.Count, wrong);
            }

            return wrong == 0 ? 0 : 1;
        });
    }

    private static void Print(Terminal terminal, IReadOnlyList<NetworkCheckRow> shown, int count, int wrong)
    {
        if (shown.Count > 0)
        {
            var table = new TextTable(new("FROM"), new("TO"), new("NETWORK", DropOrder: 1), new("SHOULD"), new("DOES"), new("WHY"));
            foreach (NetworkCheckRow row in shown)
            {
                table.Add(row.From, row.To, row.Network, row.Expected ? "work" : "not work", row.Works ? "work" : "not work", row.StopsAt ?? "-");
            }

            terminal.Out.Write(table.Render(terminal.Width));
        }

        terminal.Error.WriteLine(wrong == 0 ? $"{count} checks, all as they should be" : $"{count} checks, {wrong} not as they should be");
    }

    private static string OnlyLab(Cli cli) => cli.Daemon.Get<IReadOnlyList<LabView>>("/v1/labs") switch
    {
        [var only] => only.Name,
        [] => throw new QemuLabException(ErrorKind.NotFound, "no-lab", "there is no lab", "launch one: qemulab launch-all lab.yaml"),
        var several => throw new QemuLabException(ErrorKind.Usage, "lab-ambiguous", $"there are several labs: {string.Join(", ", several.Select(known => known.Name))}", "name one of them"),
    };
}
