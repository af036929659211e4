using System.Diagnostics;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>Run strategies and the verbs around them, on real machines that shut down, are killed, and come back.</summary>
public sealed class RunStrategyTests
{
    private const string Lab = """
        name: runs
        image: micro
        defaults: { memory: 128MiB }
        groups:
          always: { runStrategy: Always, labels: { role: server } }
          rerun: { runStrategy: RerunOnFailure, labels: { role: server } }
          manual: { labels: { role: client } }
          halted: { runStrategy: Halted, labels: { role: client } }
        """;

    [Fact(Timeout = 600_000)]
    public async Task Machines_come_back_as_their_strategies_say()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));
        Assert.Equal("Stopped", await StateAsync(home, "halted"));

        await ShutDownBringsBackWhatAlwaysRunsAsync(home);
        await KilledIsAFailureAsync(home);
        await VerbsAtTheWrongTimeAreRefusedAsync(home);
        await LabelsChooseAsync(home);
        await HeldAndRebootedAsync(home);
        await WhatEndsWithoutADaemonIsToldAsync(home);
    }

    private static async Task ShutDownBringsBackWhatAlwaysRunsAsync(TestHome home)
    {
        int before = await PidAsync(home, "always");
        await PowerOffAsync(home, "always");
        await ReadyAgainAsync(home, "always", before);

        await PowerOffAsync(home, "rerun");
        await home.OutputAsync("wait", "rerun", "--for", "stopped", "--timeout", "60s");
        Assert.Contains("the guest shut down", await home.OutputAsync("info", "rerun"), StringComparison.Ordinal);
        await home.OutputAsync("start", "rerun");
    }

    private static async Task KilledIsAFailureAsync(TestHome home)
    {
        int before = await PidAsync(home, "rerun");
        Assert.Contains("runs/rerun: killed", await home.OutputAsync("kill", "rerun"), StringComparison.Ordinal);
        await ReadyAgainAsync(home, "rerun", before);

        await home.OutputAsync("kill", "manual");
        Assert.Contains("Failed: QEMU was killed, as was asked", await home.OutputAsync("list"), StringComparison.Ordinal);
        CommandResult hopeless = await home.RunAsync("wait", "manual");
        Assert.Equal((1, true), (hopeless.ExitCode, hopeless.Error.Contains("manual does not become ready by itself: it is Failed, QEMU was killed, as was asked", StringComparison.Ordinal)));
        await home.OutputAsync("start", "manual");
    }

    private static async Task VerbsAtTheWrongTimeAreRefusedAsync(TestHome home)
    {
        foreach ((string line, string message) in ((string, string)[])
        [
            ("start manual", "manual is Running already"),
            ("stop halted", "halted is Stopped, and not running"),
            ("restart halted", "halted is Stopped, and not running"),
        ])
        {
            CommandResult refused = await home.RunAsync(line.Split(' '));
            Assert.Equal((6, true), (refused.ExitCode, refused.Error.Contains(message, StringComparison.Ordinal)));
        }

        // Among many it is no error: they all run afterwards.
        Assert.Contains("runs/manual: unchanged", await home.OutputAsync("start", "--selector", "role,role!=client", "--selector", "role=server", "--json") + await home.OutputAsync("start", "-l", "role=client"), StringComparison.Ordinal);
        Assert.Equal("Running", await StateAsync(home, "halted"));
        CommandResult late = await home.RunAsync("wait", "manual", "--for", "state=Paused", "--timeout", "100ms");
        Assert.Equal(5, late.ExitCode);
    }

    private static async Task LabelsChooseAsync(TestHome home)
    {
        Assert.Equal("always\nrerun\n", await home.OutputAsync("list", "-q", "-l", "role=server"));
        JsonElement results = JsonDocument.Parse(await home.OutputAsync("stop", "-l", "role=client", "--grace", "20s", "--json")).RootElement;
        Assert.Equal(["manual Stopped", "halted Stopped"], results.EnumerateArray().Select(result => $"{result.GetProperty("machine")} {result.GetProperty("outcome")}"));
        CommandResult nothing = await home.RunAsync("stop", "-l", "role=nobody");
        Assert.Equal((4, true), (nothing.ExitCode, nothing.Error.Contains("no machine has role=nobody", StringComparison.Ordinal)));
    }

    private static async Task HeldAndRebootedAsync(TestHome home)
    {
        await home.OutputAsync("start", "manual", "--paused");
        Assert.Equal("Paused", await StateAsync(home, "manual"));
        await home.OutputAsync("unpause", "manual");
        await home.OutputAsync("wait", "manual", "--timeout", "2m");

        int before = await PidAsync(home, "manual");
        string boot = await home.OutputAsync("exec", "manual", "--", "cat /proc/sys/kernel/random/boot_id");
        await home.OutputAsync("soft-reboot", "manual");
        await home.OutputAsync("wait", "manual", "--timeout", "2m");
        Assert.Equal(before, await PidAsync(home, "manual"));
        Assert.NotEqual(boot, await home.OutputAsync("exec", "manual", "--", "cat /proc/sys/kernel/random/boot_id"));
    }

    /// <summary>The daemon dies, then two QEMUs; the next daemon tells of both, and starts the one that always runs.</summary>
    private static async Task WhatEndsWithoutADaemonIsToldAsync(TestHome home)
    {
        (int always, int manual) = (await PidAsync(home, "always"), await PidAsync(home, "manual"));
        foreach (int pid in (int[])[home.DaemonProcess()!.Value, always, manual])
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
            await process.WaitForExitAsync();
        }

        JsonElement told = await MachineAsync(home, "manual");
        Assert.Equal(("Failed", "QEMU ended while no daemon ran: killed, crashed, its start cut off, or the host was restarted"), (told.GetProperty("state").GetString(), told.GetProperty("reason").GetString()));
        await ReadyAgainAsync(home, "always", always);
    }

    private static Task<string> PowerOffAsync(TestHome home, string machine) => home.OutputAsync("exec", machine, "--", "(sleep 0.3; sudo poweroff) </dev/null >/dev/null 2>&1 &");

    private static async Task ReadyAgainAsync(TestHome home, string machine, int before)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!(await home.OutputAsync("info", machine)).Contains("Running (ready)", StringComparison.Ordinal) || await PidAsync(home, machine) == before)
        {
            await Task.Delay(200, limit.Token);
        }
    }

    private static async Task<string> StateAsync(TestHome home, string machine) => (await MachineAsync(home, machine)).GetProperty("state").GetString()!;

    private static async Task<int> PidAsync(TestHome home, string machine) => (await MachineAsync(home, machine)).TryGetProperty("processId", out JsonElement pid) ? pid.GetInt32() : 0;

    private static async Task<JsonElement> MachineAsync(TestHome home, string machine) =>
        JsonDocument.Parse(await home.OutputAsync("list", "--json")).RootElement.EnumerateArray().First(one => one.GetProperty("name").GetString() == machine);
}
