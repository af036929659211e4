using System.CommandLine;
using System.Text;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab logs NAME</c>: what the guest wrote on its serial console, or QEMU to its log.</summary>
internal static class LogsCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine" }.Completes(WordKind.Machine);
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is written, until interrupted" };
        var lines = new Option<int?>("--lines", "-n", "--tail") { Description = "Only the last lines", HelpName = "count" };
        var qemu = new Option<bool>("--qemu") { Description = "QEMU's own messages, since its start, instead of the guest's" };
        var raw = new Option<bool>("--raw") { Description = "With the escape sequences that the guest wrote" };
        return new Verb("logs", "Show a machine's serial console", "log")
        {
            Examples = [("qemulab logs control0", "all of it"), ("qemulab logs -f -n 20 control0", "the last lines, and what comes"), ("qemulab logs --qemu control0", "why QEMU did not like it")],
            Arguments = { name },
            Options = { follow, lines, qemu, raw },
        }.Runs(parse =>
        {
            int? count = CommonOptions.CountOf(parse, lines, "a count of lines");
            MachineView machine = MachineNames.One(cli, parse.GetRequiredValue(name));
            string path = parse.GetValue(qemu) ? machine.Files!.QemuLog : machine.Files!.SerialLog;
            Func<string, string> shown = parse.GetValue(raw) ? text => text : TerminalText.Plain;
            long end = File.Exists(path) ? new FileInfo(path).Length : 0;
            cli.Terminal.Out.Write(shown(LogFile.Tail(path, count)));
            if (parse.GetValue(follow))
            {
                Follow(cli.Terminal, path, end, shown);
            }
        });
    }

    private static void Follow(Terminal terminal, string path, long position, Func<string, string> shown)
    {
        using var ended = new ManualResetEventSlim();
        using var interrupts = new Interrupts(ended.Set);
        Decoder decoder = Encoding.UTF8.GetDecoder();
        byte[] bytes = new byte[16 * 1024];
        char[] characters = new char[bytes.Length];
        while (!ended.Wait(Pause))
        {
            if (!File.Exists(path))
            {
                continue;
            }

            using FileStream file = LogFile.Open(path);
            // A new start of the machine may begin the file anew.
            file.Position = position = Math.Min(position, file.Length);
            for (int count; (count = file.Read(bytes)) > 0; position += count)
            {
                terminal.Out.Write(shown(new string(characters, 0, decoder.GetChars(bytes.AsSpan(0, count), characters, flush: false))));
            }

            terminal.Out.Flush();
        }

        throw new OperationCanceledException();
    }
}
