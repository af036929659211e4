using System.CommandLine;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary><c>qemulab doctor</c>: what this host lacks, and how to get it.</summary>
internal static class DoctorCommand
{
    public static Command Create(Cli cli)
    {
        Option<bool> json = CommonOptions.Json("A JSON array of checks");
        return new Verb("doctor", "Check this host and say what to do about what it lacks")
        {
            Examples = [("qemulab doctor", "every check, with its remedy")],
            Options = { json },
        }.Runs(_ => throw new QemuLabException(ErrorKind.Failed, "not-wired", $"the doctor is not at home for {cli.Paths.Home}"));
    }
}
