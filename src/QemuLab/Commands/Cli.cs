using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>What every command works with: the terminal, the home, the daemon.</summary>
internal sealed class Cli(Terminal terminal, Func<string, string?> environment)
{
    /// <summary>The names of <see cref="ProgressStyle"/>, in its order; to ask the runtime for them takes its time at each start.</summary>
    internal static readonly string[] Styles = ["auto", "plain", "json"];

    private StatePaths? paths;
    private DaemonClient? daemon;

    public Terminal Terminal { get; private set; } = terminal;

    /// <summary>Looks a variable up.</summary>
    public Func<string, string?> Environment => environment;

    public StatePaths Paths => paths ??= StatePaths.From(environment);

    /// <summary>The daemon, started where none runs and replaced where it is older than this program.</summary>
    public DaemonClient Daemon => daemon ??= DaemonAccess.Ensure(Paths, Terminal);

    /// <summary>An option of every verb.</summary>
    public Option<string> Progress { get; } = new Option<string>("--progress")
    {
        Description = "How progress is shown on standard error: auto (painted on a terminal), plain (a line for each change) or json (events, one a line)",
        HelpName = "style",
        Recursive = true,
    }.Completes(Styles);

    /// <summary>Takes the options that every verb has.</summary>
    /// <exception cref="QemuLabException">One has a value that it cannot have.</exception>
    public void Take(ParseResult parse)
    {
        if (parse.GetValue(Progress) is { } style)
        {
            Terminal = Array.IndexOf(Styles, style) is >= 0 and var index
                ? Terminal with { Progress = (ProgressStyle)index }
                : throw new QemuLabException(ErrorKind.Usage, "usage", $"there is no progress '{style}'", string.Join(", ", Styles));
        }
    }
}
