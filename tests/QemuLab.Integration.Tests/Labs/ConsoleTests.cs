using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using QemuLab.Engine.Consoles;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>Two micro machines, one with a display, and what people do at their consoles and screens. Needs util-linux' setsid and stty.</summary>
public sealed class ConsoleTests
{
    private const string Lab = """
        name: duo
        image: micro
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          box: { display: true }
          web: {}
        """;

    private const string Leave = "\u001d";

    [Fact(Timeout = 300_000)]
    public async Task People_sit_at_consoles_read_logs_look_at_screens_and_talk_to_QEMU()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));

        await OneWritesAndOthersLookOnAsync(home);
        await LogsAreMergedAndCutAsync(home);
        await QemuAnswersAsync(home);
        await TheScreenIsSeenAsync(home);
        await KeysArePressedAsync(home);
        await TheGuestEndsAsync(home);
    }

    private static async Task OneWritesAndOthersLookOnAsync(TestHome home)
    {
        await using var first = new PseudoTerminal(home.Describe("console", "box"));
        await first.SeesAsync("The console of box. Ctrl-] leaves.");
        await first.IsTakenAsync();
        first.Type("\r");
        await first.SeesAsync("# ");
        first.Type("echo t$((1+1))o; cat\r");
        await first.SeesAsync("t2o");
        first.Type("again\r");
        // The terminal's echo, and cat's: now it runs, and not the shell.
        await first.SeesAsync("again");
        await first.SeesAsync("again");
        first.Type("\u0003"); // Ctrl-C is the guest's
        await first.SeesAsync("# ");

        await using (var second = new PseudoTerminal(home.Describe("console", "box")))
        {
            await second.SeesAsync("writes: you only look on");
            await second.IsTakenAsync();
            first.Type("echo bo$((1))th\r");
            await first.SeesAsync("bo1th");
            await second.SeesAsync("bo1th");
            second.Type("never\r" + Leave);
            Assert.Equal((0, true), (await second.EndAsync(), second.IsRestored));
        }

        CommandResult refused = await home.RunAsync("console", "box");
        Assert.Equal((6, ""), (refused.ExitCode, refused.Output));
        Assert.Matches("error: pid [0-9]+ writes at the console of box", refused.Error);

        // From a script, by force; who sat there leaves with a terminal as it was.
        CommandResult script = await new CommandRunner().RunAsync(home.Describe("console", "box", "--force") with { Input = "echo scr$((1))ipt\n" });
        Assert.Contains("scr1ipt", script.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("never", script.Output, StringComparison.Ordinal);
        await first.SeesAsync("has taken the keyboard of box");
        Assert.Equal((0, true), (await first.EndAsync(), first.IsRestored));

        await using var third = new PseudoTerminal(home.Describe("console", "box", "--escape", "^A"));
        await third.SeesAsync("Ctrl-A leaves");
        await third.IsTakenAsync();
        third.Type("\r" + Leave + "printf '\\033[?25l'; echo hid$((1))den\r");
        await third.SeesAsync("hid1den");
        third.Type("\u0001");
        await third.SeesAsync("\e[?25h");
        Assert.Equal((0, true), (await third.EndAsync(), third.IsRestored));
    }

    private static async Task LogsAreMergedAndCutAsync(TestHome home)
    {
        Command follow = home.Describe("logs", "-f", "-n", "0", "--all");
        Task<CommandResult> followed = new CommandRunner().RunAsync(follow with { Program = "bash", Arguments = ["-c", "\"$@\" | grep --line-buffered -m 3 '| test:'; echo ended with ${PIPESTATUS[0]}", "bash", follow.Program, .. follow.Arguments] });
        await Task.Delay(TimeSpan.FromSeconds(2));
        await home.OutputAsync("exec", "box", "--", "echo; echo test: one > /dev/console");
        await home.OutputAsync("exec", "web", "--", "echo; echo test: two > /dev/console");

        // Written as QEMU writes it; a guest needs a quarter of an hour for it.
        var log = new SerialLog(Path.Combine(home.Path, "labs", "duo", "machines", "web", "serial.log"));
        byte[] garbage = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 127) + "\n", 8192)));
        await using (var file = new FileStream(log.Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
        {
            for (int i = 0; i < 100; i++)
            {
                await file.WriteAsync(garbage);
            }
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (SerialLog.Length(log.Path) > 16 * 1024 * 1024)
        {
            await Task.Delay(100, limit.Token);
        }

        await home.OutputAsync("exec", "web", "--", "echo; echo test: three > /dev/console");

        Assert.Equal("box | test: one\nweb | test: two\nweb | test: three\nended with 0\n", (await followed).Output);
        Assert.InRange(SerialLog.Length(log.Path), 1, 1024);
        Assert.InRange(SerialLog.Length(log.Previous), 16_000_000, 17_000_000);
        Assert.Equal(new string('x', 127) + "\ntest: three\n", await home.OutputAsync("logs", "-n", "2", "web"));
    }

    private static async Task QemuAnswersAsync(TestHome home)
    {
        using JsonDocument status = JsonDocument.Parse(await home.OutputAsync("qmp", "web", "query-status"));
        Assert.Equal("running", status.RootElement.GetProperty("status").GetString());
        Assert.StartsWith("\"", await home.OutputAsync("qmp", "web", "human-monitor-command", "--arg", "command-line=info version"), StringComparison.Ordinal);
        CommandResult refused = await home.RunAsync("qmp", "web", """{"execute":"no-such"}""");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("error: QEMU refused no-such: The command no-such has not been found [QL", refused.Error, StringComparison.Ordinal);

        Command follow = home.Describe("qmp", "web", "stop", "--events");
        CommandResult events = await new CommandRunner().RunAsync(follow with { Program = "bash", Arguments = ["-c", "\"$@\" | grep -m 1 STOP", "bash", follow.Program, .. follow.Arguments] });
        Assert.Contains("\"event\":\"STOP\"", events.Output, StringComparison.Ordinal);
        await home.OutputAsync("qmp", "web", "cont");
    }

    private static async Task TheScreenIsSeenAsync(TestHome home)
    {
        string file = Path.Combine(home.Path, "screen.png");
        Assert.Equal(file + "\n", await home.OutputAsync("screenshot", "box", "-o", file));
        byte[] picture = await File.ReadAllBytesAsync(file);
        Assert.Equal("89504E470D0A1A0A", Convert.ToHexString(picture[..8]));
        Assert.Equal((720, 400), (BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20))));
        foreach (string verb in (string[])["screenshot", "vnc"])
        {
            CommandResult none = await home.RunAsync(verb, "web");
            Assert.Equal((6, ""), (none.ExitCode, none.Output));
            Assert.Matches(@"\Aerror: web has no display \[QL\d{4}\]\nhint: give it one: display: true in the lab file", none.Error);
        }

        (int port, string old) = await ListenAsync(home);
        Assert.True(await VncViewer.IsLetInAsync(port, old));
        Assert.False(await VncViewer.IsLetInAsync(port, "12345678"));
        (int same, string password) = await ListenAsync(home);
        Assert.Equal(port, same);
        Assert.False(await VncViewer.IsLetInAsync(port, old));
        Assert.True(await VncViewer.IsLetInAsync(port, password));
        await home.OutputAsync("vnc", "box", "--off");
        await Assert.ThrowsAsync<SocketException>(() => VncViewer.IsLetInAsync(port, password));
    }

    private static async Task<(int Port, string Password)> ListenAsync(TestHome home)
    {
        using JsonDocument vnc = JsonDocument.Parse(await home.OutputAsync("vnc", "box", "--json"));
        Assert.Equal("127.0.0.1", vnc.RootElement.GetProperty("host").GetString());
        return (vnc.RootElement.GetProperty("port").GetInt32(), vnc.RootElement.GetProperty("password").GetString()!);
    }

    private static async Task KeysArePressedAsync(TestHome home)
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<CommandResult> reads = new CommandRunner().RunAsync(home.Describe("exec", "box", "--", "exec 3</dev/tty1; echo open; head -n 1 <&3") with
        {
            OnOutputLine = line => open.TrySetResult(),
        });
        await open.Task;
        await home.OutputAsync("send-key", "box", "--text", "Seen, {42}", "shift-1", "ret");
        Assert.Equal("open\nSeen, {42}!\n", (await reads).Output);
    }

    private static async Task TheGuestEndsAsync(TestHome home)
    {
        await using var terminal = new PseudoTerminal(home.Describe("console", "web"));
        await terminal.IsTakenAsync();
        await home.OutputAsync("stop", "--force", "web");
        await terminal.SeesAsync("QEMU of web has ended");
        Assert.Equal((0, true), (await terminal.EndAsync(), terminal.IsRestored));

        foreach (string[] verb in (string[][])[["console", "web"], ["qmp", "web", "query-status"], ["screenshot", "web"], ["vnc", "web"], ["send-key", "web", "ret"]])
        {
            Assert.Equal(6, (await home.RunAsync(verb)).ExitCode);
        }

        Assert.EndsWith("test: three\n", await home.OutputAsync("logs", "-n", "1", "web"), StringComparison.Ordinal);
    }
}
