using System.CommandLine;
using QemuLab.Commands.Completion;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands;

/// <summary><c>qemulab check FILE</c>: everything that is wrong with a lab file; needs neither a daemon nor QEMU.</summary>
internal static class CheckCommand
{
    public static Command Create(Cli cli)
    {
        Argument<string?> file = new Argument<string?>("file") { Description = "The lab file; without it ./lab.yaml", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.File);
        Option<string[]> set = CommonOptions.Set();
        return new Verb("check", "Read a lab file and report every fault, as FILE:LINE:COLUMN: MESSAGE", "validate")
        {
            Examples = [("qemulab check", "./lab.yaml"), ("qemulab check lab.yaml --set workers=9", "with another value")],
            Arguments = { file },
            Options = { set },
        }.Runs(parse =>
        {
            LabSource source = LabSourceLoader.Load(parse.GetValue(file) ?? LabFile.Default, parse.GetValue(set)!);
            Lab lab = LabFile.ReadOrThrow(cli, source);
            cli.Terminal.Out.WriteLine($"{source.DisplayPath}: ok, {lab.Machines.Count} {(lab.Machines.Count == 1 ? "machine" : "machines")}");
        });
    }
}
