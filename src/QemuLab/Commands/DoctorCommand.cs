using System.CommandLine;
using QemuLab.Daemon;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;
using QemuLab.Output;
using Command = System.CommandLine.Command;

namespace QemuLab.Commands;

/// <summary><c>qemulab doctor</c>: what this host lacks, and how to get it. Needs no daemon.</summary>
internal static class DoctorCommand
{
    public static Command Create(Cli cli)
    {
        Option<bool> json = CommonOptions.Json("A JSON array of checks");
        return new Verb("doctor", "Check this host and say what to do about what it lacks; exit code 1 where nothing can be launched")
        {
            Examples = [("qemulab doctor", "every check, with its remedy"), ("qemulab doctor --json", "for scripts")],
            Options = { json },
        }.Returns(parse =>
        {
            IReadOnlyList<DoctorCheck> checks = ExamineAsync(cli).GetAwaiter().GetResult();
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, checks);
            }
            else
            {
                cli.Terminal.Out.Write(Describe(checks, cli.Terminal.Width));
            }

            return checks.Any(check => check.Result == DoctorResult.Error) ? 1 : 0;
        });
    }

    private static async Task<IReadOnlyList<DoctorCheck>> ExamineAsync(Cli cli)
    {
        var runner = new CommandRunner();
        using var rights = new NetworkRights(runner, OwnProgram.Find());
        return await Doctor.ExamineAsync(await HostProbe.ProbeAsync(cli.Paths, runner, rights), cli.Paths, runner);
    }

    /// <param name="checks">One at least.</param>
    /// <param name="terminal">Its width; null where it is none.</param>
    internal static string Describe(IReadOnlyList<DoctorCheck> checks, int? terminal)
    {
        int width = checks.Max(check => check.Name.Length);
        int indent = 8 + width;
        string margin = new(' ', indent);
        return string.Concat(checks.Select(check =>
            $"{Word(check.Result)} {check.Name.PadRight(width)}  {Prose.Hang(check.Message, terminal, indent)}\n"
            + (check.Fix is { } fix ? $"{margin}fix: {fix.ReplaceLineEndings("\n" + margin)}\n" : "")));
    }

    private static string Word(DoctorResult result) => result switch
    {
        DoctorResult.Ok => "ok   ",
        DoctorResult.Warning => "warn ",
        _ => "ERROR",
    };
}
