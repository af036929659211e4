using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Consoles;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Qmp;

namespace QemuLab.Commands;

/// <summary><c>qemulab send-key NAME KEYS…</c>: presses keys of a machine's keyboard.</summary>
internal static class SendKeyCommand
{
    /// <summary>QEMU's own for one key; of a text it would make a slow one.</summary>
    private const int HoldMilliseconds = 100, TextHoldMilliseconds = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine" }.Completes(WordKind.Machine);
        var keys = new Argument<string[]>("keys") { Description = "Keys, one after the other: ret, f2, ctrl-alt-delete, alt-sysrq-b", Arity = ArgumentArity.ZeroOrMore };
        var text = new Option<string?>("--text") { Description = "Typed before the keys, on a US keyboard", HelpName = "text" };
        return new Verb("send-key", "Press keys of a machine's own keyboard (its serial console is: qemulab console); on arm64 its lab file needs display: true")
        {
            Examples = [("qemulab send-key desk ctrl-alt-delete", "together"), ("qemulab send-key desk down down ret", "one after the other"), ("qemulab send-key desk --text root ret", "a word, and Enter")],
            Arguments = { name, keys },
            Options = { text },
        }.Runs(parse =>
        {
            IReadOnlyList<(IReadOnlyList<string> Keys, int Hold)> strokes = [.. Typed(parse.GetValue(text) ?? ""), .. parse.GetValue(keys)!.Select(Stroke)];
            if (strokes.Count == 0)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "name at least one key, or give --text", "such as ret, f2, ctrl-alt-delete");
            }

            SendAsync(MachineNames.One(cli, parse.GetRequiredValue(name)), strokes).GetAwaiter().GetResult();
        });
    }

    private static IEnumerable<(IReadOnlyList<string> Keys, int Hold)> Typed(string text) => text.Select(character => (TypedKeys.ForCharacter(character)
        ?? throw new QemuLabException(ErrorKind.Usage, "key-unknown", $"no key of a US keyboard types '{character}'", "type it on the console, or by ssh"), TextHoldMilliseconds));

    private static (IReadOnlyList<string> Keys, int Hold) Stroke(string text) => TypedKeys.TryParse(text, out IReadOnlyList<string> keys, out string? unknown)
        ? (keys, HoldMilliseconds)
        : throw new QemuLabException(ErrorKind.Usage, "key-unknown", $"there is no key '{unknown}'", NearestName.Of(unknown, TypedKeys.AllNames) is { } nearest ? $"did you mean {nearest}?" : "such as a, ret, spc, esc, f2, ctrl-alt-delete, shift-minus");

    private static async Task SendAsync(MachineView machine, IReadOnlyList<(IReadOnlyList<string> Keys, int Hold)> strokes)
    {
        await using QmpClient qmp = await PeoplesQmp.ConnectAsync(machine, Limit);
        bool isPc = (await qmp.ExecuteAsync("query-target")).GetProperty("arch").GetString() is "x86_64" or "i386";
        if (!isPc && !await MissingDisplay.HasAsync(qmp, QemuCommandLine.KeyboardDevice))
        {
            throw MissingDisplay.Error(machine);
        }

        foreach ((IReadOnlyList<string> keys, int hold) in strokes)
        {
            await qmp.ExecuteAsync("send-key", arguments => QemuKeys.Write(arguments, keys, TimeSpan.FromMilliseconds(hold)));

            // QEMU answers before it has pressed anything, and the keyboard of a PC holds no more than 16 bytes.
            await Task.Delay(TimeSpan.FromMilliseconds(2 * hold));
        }
    }
}
