using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>
/// Guests that do not come up, each for another cause, in one lab: <c>why</c> names it, and none is ever called ready. Needs
/// qemu-system, UEFI firmware, and the packages of the micro image's builder.
/// </summary>
public sealed class BrokenGuestTests
{
    [Fact(Timeout = 600_000)]
    public async Task Why_names_the_cause_of_each_guest_that_does_not_come_up_and_history_keeps_its_boots()
    {
        await using var home = new TestHome();
        await StartDaemonAsync(home);
        await home.OutputAsync("image", "pull", "micro");
        string image = Path.GetDirectoryName(Directory.GetFiles(Path.Combine(TestHome.SharedImages, "micro"), "kernel", SearchOption.AllDirectories).Order().First())!;
        string kernel = $"kernel: {image}/kernel", initrd = $"initrd: {image}/initrd";
        // Linux for arm64: its header's magic is at byte 56.
        File.WriteAllBytes(Path.Combine(home.Path, "arm64-kernel"), [.. "MZ@\0"u8, .. new byte[52], .. "ARMd"u8, .. new byte[65536]]);
        string lab = home.Write("lab.yaml", $$"""
            name: broken
            image: micro
            defaults: { cpus: 1, memory: 128MiB }
            network: { subnet: 10.83.0.0/24 }
            groups:
              good: {}
              noloader: { firmware: bios }
              nodisk: { firmware: uefi, memory: 256MiB }
              noroot: { firmware: { {{kernel}}, {{initrd}}, append: "root=/dev/nosuch console=ttyS0 quiet no_timer_check" } }
              died: { firmware: { {{kernel}}, {{initrd}}, append: "rdinit=/bin/true console=ttyS0 quiet loglevel=4 panic=0 no_timer_check" } }
              mute: { firmware: { {{kernel}}, {{initrd}}, append: "root=/dev/nosuch quiet console=tty0 no_timer_check" } }
              nosystem: { firmware: bios }
              failing: { userData: { runcmd: [ "exit 3" ] } }
              slow: { userData: { runcmd: [ "while :; do echo still at it >/dev/ttyS0; sleep 2; done" ] } }
              foreign: { runStrategy: Halted, firmware: { kernel: arm64-kernel, {{initrd}} } }
              full: { userData: { runcmd: [ "fallocate -l $(($(df -k / | awk 'END { print $4 }') - 4096))k /most", "cat /dev/zero >/rest" ] } }
              squatter: { userData: { bootcmd: [ "ip addr add 10.83.0.99/24 dev eth0; arping -U -c 3 -I eth0 10.83.0.99" ] } }
              victim: { address: 10.83.0.99, dependsOn: [ squatter ] }
            """);
        await home.OutputAsync("launch-all", lab, "--no-wait");
        await TheAddressIsTakenAsync(home);
        await home.OutputAsync("stop", "nodisk", "noloader", "nosystem", "--force");
        await PutDiskAsync(home, "nodisk", []);
        await PutDiskAsync(home, "noloader", []);
        await PutDiskAsync(home, "nosystem", [0xfa, 0xf4, 0xeb, 0xfc, .. new byte[506], 0x55, 0xaa]);
        await home.OutputAsync("start", "nodisk", "noloader", "nosystem", "--no-wait");
        await TheKernelIsForAnotherProcessorAsync(home);

        await home.OutputAsync("wait", "good");
        CommandResult waited = await home.RunAsync("wait", "slow", "--timeout", "5s");
        await UntilAsync(home, ["noloader", "nodisk", "nosystem", "noroot", "died", "failing", "full"]);

        Assert.Equal(5, waited.ExitCode);
        JsonElement why = JsonDocument.Parse(await home.OutputAsync("why", "--all", "--json")).RootElement;
        Dictionary<string, string> first = why.EnumerateArray().ToDictionary(machine => Text(machine, "name"), machine => Findings(machine).FirstOrDefault() ?? "");
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["good"] = "",
                ["noloader"] = "no-bootable-device",
                ["nodisk"] = "no-bootable-device",
                ["nosystem"] = "boot-sector-silent",
                ["noroot"] = "root-not-found",
                ["died"] = "kernel-panic-init-died",
                ["mute"] = "no-serial-console",
                ["failing"] = "cloud-init-failed",
                ["full"] = "guest-disk-full",
                ["foreign"] = "",
                ["squatter"] = "",
                ["victim"] = "",
                ["slow"] = "slow",
            }.OrderBy(machine => machine.Key),
            first.OrderBy(machine => machine.Key));
        Assert.Equal(["good", "squatter"], why.EnumerateArray().Where(machine => Text(machine, "phase") == "Ready").Select(machine => Text(machine, "name")));

        string told = await home.OutputAsync("why", "died");
        Assert.Contains("died does not become ready: the guest's first process ended", told, StringComparison.Ordinal);
        Assert.Contains("> ", told.Split('\n').Single(line => line.Contains("Kernel panic", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("next: ", told, StringComparison.Ordinal);
        Assert.Contains("slowest", await home.OutputAsync("why", "good"), StringComparison.Ordinal);

        await home.OutputAsync("stop", "--force", "noloader", "nodisk", "nosystem", "noroot", "died", "mute", "failing", "slow", "full", "squatter");
        told = await home.OutputAsync("why", "noroot");
        Assert.StartsWith("noroot is stopped\n", told, StringComparison.Ordinal);
        Assert.Contains("(root-not-found)", told, StringComparison.Ordinal);

        await home.RunAsync("exec", "good", "--", "mv $(command -v dropbear) /root/; (sleep 0.2; reboot) >/dev/null 2>&1 &");
        Assert.Equal("sshd-failed", await FirstAsync(home, "good", "sshd-failed"));
        JsonElement history = JsonDocument.Parse(await home.OutputAsync("history", "good", "--json")).RootElement[0];
        Assert.Equal(["Start Ready", "Reset "], history.GetProperty("boots").EnumerateArray().Select(boot => $"{Text(boot, "origin")} {(boot.TryGetProperty("end", out JsonElement end) ? end.GetString() : "")}"));
        string[] stages = [.. history.GetProperty("boots")[0].GetProperty("stages").EnumerateArray().Select(stage => Text(stage, "stage"))];
        Assert.Equal("Process", stages[0]);
        Assert.Superset(new HashSet<string> { "Init", "CloudInitNetwork", "Sshd", "Login" }, stages.ToHashSet());
    }

    /// <summary>With all guests booting at the same time: a broken one holds its place among those that boot until it is given up.</summary>
    private static async Task StartDaemonAsync(TestHome home)
    {
        Command start = home.Describe("daemon", "start");
        CommandResult started = await new CommandRunner().RunAsync(start with { Environment = new Dictionary<string, string?>(start.Environment) { ["QEMULAB_PARALLEL_BOOTS"] = "20" } });
        Assert.True(started.Succeeded, started.Error);
    }

    /// <summary>A disk in the place of the image's.</summary>
    /// <param name="home">Where the lab is.</param>
    /// <param name="machine">Whose disk.</param>
    /// <param name="begin">Its first bytes; nothing else was ever written to it.</param>
    private static async Task PutDiskAsync(TestHome home, string machine, byte[] begin)
    {
        string raw = Path.Combine(home.Path, "raw"), disk = Path.Combine(home.Path, "labs", "broken", "machines", machine, "root.qcow2");
        using (FileStream file = File.Create(raw))
        {
            file.Write(begin);
            file.SetLength(2L << 30);
        }

        CommandResult made = await new CommandRunner().RunAsync(new Command("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", raw, disk));
        Assert.True(made.Succeeded, made.Error);
    }

    /// <summary>Before its own guest is up, another one answers at its address, with a host key of its own.</summary>
    private static async Task TheAddressIsTakenAsync(TestHome home)
    {
        await FirstAsync(home, "victim", "address-taken");
        string told = await home.OutputAsync("why", "victim");
        Assert.Contains("cause: squatter answers at its address: two machines have the same one (address-taken)", told, StringComparison.Ordinal);
        await home.OutputAsync("stop", "victim", "--force");
    }

    private static async Task TheKernelIsForAnotherProcessorAsync(TestHome home)
    {
        CommandResult started = await home.RunAsync("start", "foreign");
        Assert.Equal(1, started.ExitCode);
        Assert.Contains("not a kernel for this machine", started.Error, StringComparison.Ordinal);
        Assert.Contains("not a kernel for this machine", await home.OutputAsync("why", "foreign"), StringComparison.Ordinal);
    }

    private static async Task UntilAsync(TestHome home, string[] machines)
    {
        string[] pending;
        do
        {
            await Task.Delay(1000, TestContext.Current.CancellationToken);
            JsonElement why = JsonDocument.Parse(await home.OutputAsync(["why", "--json", .. machines])).RootElement;
            pending = [.. why.EnumerateArray().Where(machine => !IsExplained(machine)).Select(machine => Text(machine, "name"))];
        }
        while (pending.Length > 0);
    }

    private static bool IsExplained(JsonElement machine) => machine.GetProperty("findings").EnumerateArray().Any(finding => Text(finding, "kind") == "Fault");

    private static async Task<string> FirstAsync(TestHome home, string machine, string awaited)
    {
        string? code;
        do
        {
            await Task.Delay(1000, TestContext.Current.CancellationToken);
            code = Findings(JsonDocument.Parse(await home.OutputAsync("why", machine, "--json")).RootElement[0]).FirstOrDefault();
        }
        while (code != awaited);
        return code;
    }

    private static IEnumerable<string> Findings(JsonElement machine) => machine.GetProperty("findings").EnumerateArray().Select(finding => Text(finding, "code"));

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()!;
}
