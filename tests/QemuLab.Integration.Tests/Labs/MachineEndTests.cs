using System.Diagnostics;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>QEMUs that are killed, that crash and that hang: each told right, none in the way of the others. Needs qemu-system, and the packages of the micro image's builder.</summary>
public sealed class MachineEndTests
{
    private const string Three = """
        name: ends
        image: micro
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          box: { count: 3 }
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_QEMU_that_crashes_and_one_that_is_killed_are_told_apart()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", "--no-wait", home.Write("lab.yaml", Three));
        JsonElement[] up = await ListAsync(home);

        Signal("SEGV", Pid(up[0]));
        Signal("KILL", Pid(up[1]));

        JsonElement[] ends = await UntilAsync(home, machines => machines.Count(machine => Word(machine, "state") == "Failed") == 2);
        Assert.Equal(["QEMU crashed (SIGSEGV)", "QEMU was killed by SIGKILL", null], ends.Select(machine => Word(machine, "reason")));
        Assert.Contains("QEMU crashed (SIGSEGV)", await home.OutputAsync("info", "box0"), StringComparison.Ordinal);
        Assert.All([Pid(up[0]), Pid(up[1])], pid => Assert.False(Directory.Exists($"/proc/{pid}")));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_QEMU_that_hangs_is_in_nobodys_way_and_can_be_ended()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", "--no-wait", home.Write("lab.yaml", Three));
        JsonElement[] up = await ListAsync(home);
        Signal("STOP", Pid(up[0]));

        await home.OutputAsync("stop", "--force", "box1");
        await home.OutputAsync("start", "--no-wait", "box1");
        Assert.Equal(["Running", "Running", "Running"], (await ListAsync(home)).Select(machine => Word(machine, "state")));

        Signal("KILL", home.DaemonProcess()!.Value);
        JsonElement[] adopted = await ListAsync(home);
        Assert.Equal(["Unknown", "Running", "Running"], adopted.Select(machine => Word(machine, "state")));
        Assert.Contains($"QEMU (pid {Pid(up[0])}) is there but does not answer", Word(adopted[0], "reason"), StringComparison.Ordinal);
        await home.OutputAsync("stop", "--force", "box1");

        Signal("CONT", Pid(up[0]));
        JsonElement[] awake = await UntilAsync(home, machines => Word(machines[0], "state") == "Running");
        Assert.Equal(Pid(up[0]), Pid(awake[0]));

        Signal("STOP", Pid(up[0]));
        Signal("KILL", home.DaemonProcess()!.Value);
        await home.OutputAsync("stop", "--force", "box0");
        Assert.Equal(["Stopped", "Stopped", "Running"], (await ListAsync(home)).Select(machine => Word(machine, "state")));
        Assert.False(Directory.Exists($"/proc/{Pid(up[0])}") && ProcessIdentity.Of(Pid(up[0])) is not null);
    }

    private static async Task<JsonElement[]> ListAsync(TestHome home)
    {
        using JsonDocument list = JsonDocument.Parse(await home.OutputAsync("list", "--json"));
        return [.. list.RootElement.Clone().EnumerateArray()];
    }

    private static async Task<JsonElement[]> UntilAsync(TestHome home, Func<JsonElement[], bool> condition)
    {
        while (true)
        {
            JsonElement[] machines = await ListAsync(home);
            if (condition(machines))
            {
                return machines;
            }

            await Task.Delay(100, Cancellation);
        }
    }

    private static int Pid(JsonElement machine) => machine.GetProperty("processId").GetInt32();

    private static string? Word(JsonElement machine, string member) => machine.TryGetProperty(member, out JsonElement value) ? value.GetString() : null;

    private static void Signal(string signal, int pid)
    {
        using Process kill = Process.Start("kill", ["-" + signal, pid.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
