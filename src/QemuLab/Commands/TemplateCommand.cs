using System.CommandLine;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab template</c>: the lab files that ship with the program, which <c>init</c> begins with.</summary>
internal static class TemplateCommand
{
    public static Command Create(Cli cli) => new Verb("template", "Show the lab files to begin with", "templates")
    {
        Examples = [("qemulab template list", "what there is"), ("qemulab init --template three-node", "make a lab.yaml of one")],
        Subcommands = { List(cli), Show(cli) },
    };

    private static Verb List(Cli cli)
    {
        Option<bool> json = CommonOptions.Json("A JSON array of templates");
        return new Verb("list", "List the lab files to begin with", "ls")
        {
            Examples = [("qemulab template list", "their names, and what they are for")],
            Options = { json },
        }.Runs(parse =>
        {
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, LabTemplate.All);
                return;
            }

            var table = new TextTable(new("NAME"), new("DESCRIPTION"));
            foreach (LabTemplate template in LabTemplate.All)
            {
                table.Add(template.Name, template.Description);
            }

            cli.Terminal.Out.Write(table.Render(cli.Terminal.Width));
        });
    }

    private static Verb Show(Cli cli)
    {
        Argument<string> name = Completion.Completions.Completes(new Argument<string>("name") { Description = "A template" }, Names);
        return new Verb("show", "Print a lab file to begin with")
        {
            Examples = [("qemulab template show kubernetes-ha", "with its comments")],
            Arguments = { name },
        }.Runs(parse => cli.Terminal.Out.Write(LabTemplate.Find(parse.GetRequiredValue(name)).Text()));
    }

    internal static IEnumerable<string> Names => LabTemplate.All.Select(template => template.Name);
}
