using System.CommandLine;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Consoles;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab logs NAME…</c>: what guests wrote on their serial consoles, or QEMU to its log.</summary>
internal static class LogsCommand
{
    /// <summary>
    /// How often each log's length is asked for. A watcher of the kernel's (inotify) would know a little earlier, but costs more
    /// where a guest writes much, and a user may have 128 of them: one for each machine of a large lab is too many.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>A line without an end, such as a prompt, is shown after so many silent looks.</summary>
    private const int UnfinishedLooks = 10;

    public static Command Create(Cli cli)
    {
        var selection = new MachineSelection();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is written, until interrupted" };
        var lines = new Option<int?>("--lines", "-n", "--tail") { Description = "Only the last lines of each machine", HelpName = "count" };
        var since = new Option<string?>("--since")
        {
            Description = "Only what was written since: boot (QEMU's last start), 10m, 14:30. The console has no times: the daemon notes every 10s how long a log is, so that it begins up to 10s earlier than asked for, and more so after hours or where no daemon ran",
            HelpName = "when",
        };
        var qemu = new Option<bool>("--qemu") { Description = "QEMU's own messages, since its start, instead of the guest's" };
        var raw = new Option<bool>("--raw") { Description = "With the escape sequences that the guest wrote" };
        var verb = new Verb("logs", "Show machines' serial consoles: of one as it is, of several one after the other, each line with its machine's name, and with -f as it comes", "log")
        {
            Examples =
            [
                ("qemulab logs control0", "all of it"),
                ("qemulab logs control0 --since boot", "since it was started the last time"),
                ("qemulab logs -f -n 20 control worker0", "the last lines of a group and a machine, and what comes"),
                ("qemulab logs --qemu control0", "why QEMU did not like it"),
            ],
        }.Runs(parse =>
        {
            int? count = CommonOptions.CountOf(parse, lines, "a count of lines");
            LogSince? from = LogSince.Parse(parse.GetValue(since), DateTimeOffset.UtcNow);
            bool isSerial = !parse.GetValue(qemu);
            if (from is { Time: not null } && !isSerial)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--since a time is for the console, and not for --qemu", "QEMU's own messages have their times beside them");
            }

            IReadOnlyList<MachineView> machines = selection.Find(cli, parse);
            IReadOnlyList<string> labels = machines.Count == 1 ? [] : LabelledLines.Labels(Names(machines), cli.Terminal.Colours);
            List<Source> sources = [.. machines.Select((machine, index) => new Source(cli.Terminal, machine, isSerial, parse.GetValue(raw), labels.Count == 0 ? null : labels[index]))];
            bool follows = parse.GetValue(follow);
            foreach (Source source in sources)
            {
                source.Begin(count, from);
                source.Read();
                source.Finish(atOnce: !follows);
            }

            if (follows)
            {
                Follow(sources);
            }
        });
        return selection.Of(verb, follow, lines, since, qemu, raw);
    }

    private static void Follow(List<Source> sources)
    {
        using var ended = new ManualResetEventSlim();
        using var interrupts = new Interrupts(ended.Set);
        while (!ended.Wait(Pause))
        {
            ClosedOutput.ThrowIfClosed();
            foreach (Source source in sources)
            {
                source.Read();
                source.Finish(atOnce: false);
            }
        }

        throw new OperationCanceledException();
    }

    /// <summary>With the lab's, where machines of several labs are shown.</summary>
    private static string[] Names(IReadOnlyList<MachineView> machines) =>
        [.. machines.Select(machine => machines.All(other => other.Lab == machine.Lab) ? machine.Name : $"{machine.Lab}/{machine.Name}")];

    /// <summary>One machine's log.</summary>
    private sealed class Source(Terminal terminal, MachineView machine, bool isSerial, bool raw, string? label)
    {
        private readonly string path = isSerial ? machine.Files!.SerialLog : machine.Files!.QemuLog;
        private readonly LogReader reader = new(isSerial ? machine.Files!.SerialLog : machine.Files!.QemuLog, isSerial);
        private readonly GuestText text = new(raw);
        private readonly LabelledLines? lines = label is null ? null : new LabelledLines(label, terminal.Out);
        private int silent;

        public void Begin(int? count, LogSince? since)
        {
            long? place = isSerial ? since?.PlaceIn(new SerialLog(path)) : null;
            if (isSerial && since is not null && place is null && File.Exists(path))
            {
                terminal.Note($"{machine.Name}: nobody knows when it was started: all of it is shown");
            }

            reader.Begin(count, place);
        }

        public void Read()
        {
            silent++;
            reader.Read(bytes =>
            {
                silent = 0;
                ClosedOutput.ThrowIfClosed();
                string piece = text.Next(bytes);
                if (lines is null)
                {
                    terminal.Out.Write(piece);
                }
                else
                {
                    lines.Write(piece);
                }
            });
        }

        /// <summary>Writes the end of what has no line's end, where it has been waited for long enough.</summary>
        public void Finish(bool atOnce)
        {
            if (atOnce || silent >= UnfinishedLooks)
            {
                lines?.Finish();
            }
        }
    }
}
