using System.CommandLine;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Errors;
using QemuLab.Engine.Labs;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab explain QL0042</c>: what an error means and what to try.</summary>
internal static class ExplainCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string?> error = new Argument<string?>("error") { Description = "An error's number, as it stands behind its message, or its word", Arity = ArgumentArity.ZeroOrOne }.Completes(Words());
        var list = new Option<bool>("--list") { Description = "Every error there is, one a line" };
        Option<bool> json = CommonOptions.Json("The error as a JSON object; with --list an array");
        return new Verb("explain", "Explain an error: what it means, and what to try")
        {
            Examples = [("qemulab explain QL0158", "by its number"), ("qemulab explain port-taken", "by its word, which scripts see as code"), ("qemulab explain --list", "all of them")],
            Arguments = { error },
            Options = { list, json },
        }.Runs(parse =>
        {
            string? asked = parse.GetValue(error);
            bool all = parse.GetValue(list);
            if (asked is null == !all)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", all ? "--list and an error exclude each other" : "name an error, or give --list");
            }

            if (all)
            {
                List(cli, parse.GetValue(json));
            }
            else
            {
                Show(cli, Find(asked!), parse.GetValue(json));
            }
        });
    }

    /// <exception cref="QemuLabException">There is none of that number or word.</exception>
    private static KnownError Find(string asked) => ErrorCatalogue.Find(asked) ?? throw new QemuLabException(
        ErrorKind.NotFound,
        "error-unknown",
        $"there is no error '{asked}'",
        NearestName.Of(asked, ErrorCatalogue.All.Select(known => known.Code)) is { } nearest ? $"did you mean {nearest}?" : "run: qemulab explain --list");

    private static void Show(Cli cli, KnownError error, bool json)
    {
        if (json)
        {
            JsonOutput.Write(cli.Terminal, error);
            return;
        }

        cli.Terminal.Out.WriteLine($"{error.Number} {error.Code}\n\n{error.Meaning}\n\nWhat to try: {error.Remedy}");
    }

    private static void List(Cli cli, bool json)
    {
        if (json)
        {
            JsonOutput.Write(cli.Terminal, ErrorCatalogue.All);
            return;
        }

        var table = new TextTable(new("NUMBER"), new("CODE"), new("MEANING"));
        foreach (KnownError error in ErrorCatalogue.All)
        {
            table.Add(error.Number, error.Code, error.Meaning);
        }

        cli.Terminal.Out.Write(table.Render(cli.Terminal.Width));
    }

    /// <summary>Read when a shell asks, and not before.</summary>
    private static IEnumerable<string> Words()
    {
        foreach (KnownError error in ErrorCatalogue.All)
        {
            yield return error.Code;
        }
    }
}
