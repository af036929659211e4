using System.Diagnostics;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>Micro machines that are driven and judged by their serial consoles; the daemon is killed in between.</summary>
public sealed class StagesTests
{
    private const string Lab = """
        name: boards
        image: micro
        parameters: { token: tok-3n-secret }
        defaults: { cpus: 1, memory: 128MiB, ready: stages }
        groups:
          driven:
            stages:
              - { name: kernel, expect: Please press Enter, send: "\n" }
              - { name: shell, expect: "# $", send: "PS1='board> '; n=0\n" }
              - { name: noise, expect: "board> $", send: "i=0; while [ $i -lt 2000 ]; do printf '\\033[3%dm\\033]0;title\\007noise %d\\r' $((i%8)) $i; i=$((i+1)); done; echo end of noi''se\n" }
              - { name: ask, expect: end of noise, send: "read -s -p 'token: ' T; echo got $T\n" }
              - { name: token, expect: "token: $", send: "${token}\n", secret: true }
              - { name: got, expect: "got .*\\n" }
              - { name: nap, expect: "board> $", send: "n=$((n+1)); until [ -e /tmp/go ]; do sleep 1; done; echo awake $n\n" }
              - { name: awake, expect: "^awake [0-9]" , snapshot: awake }
              - { name: wake, send: "\n" }
              - { name: once, expect: "board> $", send: "echo count $n; poweroff -f\n" }
              - { name: off, expect: "^count 1$" }
          hangs:
            stages:
              - { name: kernel, expect: Please press Enter, send: "\n" }
              - { name: never, expect: never comes, timeout: 3s, code: 12, says: the service did not start }
          loops:
            stages:
              - { name: kernel, expect: Please press Enter, send: "\n" }
              - { name: shell, expect: "# $", send: "echo no co''nfig\n" }
              - { name: configured, expect: ready, code: 7, when: [{ expect: ^no config, power: reset, goto: kernel, times: 1 }] }
        """;

    private const string Keys = """
        name: keys
        image: micro
        network: { subnet: 10.85.0.0/24 }
        defaults: { cpus: 1, memory: 128MiB, ready: stages }
        groups:
          keyboard:
            display: true
            stages:
              - { name: kernel, expect: Please press Enter, send: "\n" }
              - { name: shell, expect: "# $", send: "exec 3</dev/tty1; echo op''en; read -r W <&3; echo typed $W\n" }
              - { name: open, expect: ^open, keys: [h, i, shift-1, ret] }
              - { name: typed, expect: "^typed hi!$", power: button }
              - { name: down, expect: Power down }
          plug:
            stages:
              - { name: kernel, expect: Please press Enter, power: off }
          locked:
            userData: { runcmd: [ "sed -i 's|^lab:[^:]*|lab:$6$abcdefgh$vR/yd6VXABFTBRyOupJyJyD09twBc54Fjx1W8tzKdqxOfohxeZRb508btnHrxVQLY86b/u4pA/7OgxagBH8130|' /etc/shadow" ] }
            stages:
              - { name: kernel, expect: Please press Enter, send: "\n" }
              - { name: shell, expect: "# $", send: "until grep -q 'lab:[$]' /etc/shadow; do sleep 1; done; login\n" }
              - { name: user, expect: "login: $", send: "lab\n" }
              - { name: password, expect: "assword: $", send: "wrong\n", secret: true }
              - { name: inside, expect: ^never, when: [{ expect: Login incorrect, fail: 21 }] }
        """;

    [Fact(Timeout = 600_000)]
    public async Task Consoles_are_driven_and_judged_over_a_daemon_that_is_killed()
    {
        await using var home = new TestHome();
        string file = home.Write("lab.yaml", Lab);
        await home.OutputAsync("launch-all", file, "--no-wait");

        await TheDaemonIsKilledInBetweenAsync(home);
        await AStageThatDoesNotComeEndsWithItsCodeAsync(home);
        await ARecoveryIsTriedSoOftenAsync(home);
        await ASnapshotGoesOnWithTheNextStageAsync(home);
        await OtherStagesBeginWithTheNextStartAsync(home, file);
    }

    [Fact(Timeout = 600_000)]
    public async Task Keys_the_power_button_the_plug_and_a_wrong_password_are_real_ones()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Keys), "--no-wait");

        await KeysAndPowerAsync(home);
        await AWrongPasswordOnTheConsoleIsToldAsync(home);
    }

    private static async Task TheDaemonIsKilledInBetweenAsync(TestHome home)
    {
        for (string seen = ""; !seen.Contains("awake    under way", StringComparison.Ordinal); seen = await home.OutputAsync("stages", "driven"))
        {
            Assert.DoesNotContain("awake    reached", seen, StringComparison.Ordinal);
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        using (var daemon = Process.GetProcessById(home.DaemonProcess()!.Value))
        {
            daemon.Kill();
            await daemon.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        // Past the daemon, of which a successor is started only by the command after it.
        Command go = new("ssh", "-F", Path.Combine(home.Path, "labs", "boards", "ssh_config"), "driven", "touch /tmp/go");
        Assert.Equal("", (await new CommandRunner().RunAsync(go, TestContext.Current.CancellationToken)).Error);
        string followed = await home.OutputAsync("stages", "driven", "--follow");
        Assert.Contains("driven: awake reached after ", followed, StringComparison.Ordinal);
        Assert.Matches("driven: all 11 stages after [0-9.]+ s\n\\z", followed);
        Assert.Equal(0, (await home.RunAsync("wait", "driven", "--for", "stages")).ExitCode);

        // It was counted once, and has shut itself down since.
        string log = await home.OutputAsync("logs", "driven");
        Assert.Contains("awake 1", log, StringComparison.Ordinal);
        Assert.DoesNotContain("awake 2", log, StringComparison.Ordinal);
        await home.OutputAsync("wait", "driven", "--for", "stopped");

        using JsonDocument stages = JsonDocument.Parse(await home.OutputAsync("stages", "driven", "--json"));
        Assert.Equal("got ***", stages.RootElement[0].GetProperty("stages")[5].GetProperty("matched").GetString());
        foreach (string[] verb in (string[][])[["events"], ["info", "driven", "--json"], ["plan", Path.Combine(home.Path, "lab.yaml"), "--json"], ["why", "driven", "--json"]])
        {
            Assert.DoesNotContain("tok-3n-secret", await home.OutputAsync(verb), StringComparison.Ordinal);
        }
    }

    private static async Task AStageThatDoesNotComeEndsWithItsCodeAsync(TestHome home)
    {
        CommandResult waited = await home.RunAsync("wait", "hangs");
        Assert.Equal(12, waited.ExitCode);
        Assert.StartsWith("error: hangs: stage never (2 of 2) was not reached within 3s, while waiting for 'never comes' (the service did not start) [QL", waited.Error, StringComparison.Ordinal);
        Assert.Contains("\n  root@hangs:/#", waited.Error, StringComparison.Ordinal);
        Assert.Equal(12, (await home.RunAsync("launch-all", Path.Combine(home.Path, "lab.yaml"))).ExitCode);
        Assert.StartsWith("hangs runs, and is not ready: stage never (2 of 2) was not reached", await home.OutputAsync("why", "hangs"), StringComparison.Ordinal);
    }

    private static async Task ARecoveryIsTriedSoOftenAsync(TestHome home)
    {
        CommandResult followed = await home.RunAsync("stages", "loops", "--follow");
        Assert.Equal(7, followed.ExitCode);
        Assert.Contains("loops: stage configured (3 of 3): '^no config' came a second time (exit code 7)", followed.Output, StringComparison.Ordinal);
        string log = await home.OutputAsync("logs", "loops", "--since", "boot", "-n", "1000");
        Assert.Equal(3, log.Split("Please press Enter").Length);
    }

    /// <summary>What is pressed arrives at the guest's own keyboard; it follows the power button, and the plug it cannot.</summary>
    private static async Task KeysAndPowerAsync(TestHome home)
    {
        Assert.Contains("keyboard: typed reached after ", await home.OutputAsync("stages", "keyboard", "--follow"), StringComparison.Ordinal);
        await home.OutputAsync("wait", "keyboard", "--for", "stopped");

        Assert.Contains("plug: kernel reached after ", await home.OutputAsync("stages", "plug", "--follow"), StringComparison.Ordinal);
        await home.OutputAsync("wait", "plug", "--for", "stopped");
        Assert.DoesNotContain("Power down", await home.OutputAsync("logs", "plug"), StringComparison.Ordinal);
    }

    private static async Task AWrongPasswordOnTheConsoleIsToldAsync(TestHome home)
    {
        Assert.Equal(21, (await home.RunAsync("wait", "locked")).ExitCode);
        using JsonDocument why = JsonDocument.Parse(await home.OutputAsync("why", "locked", "--json"));

        // On a busy host its SSH server may not have come so far.
        IEnumerable<string?> codes = why.RootElement[0].GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("code").GetString());
        Assert.Equal(["console-login-refused"], codes.Where(code => code != "no-ssh"));
    }

    private static async Task ASnapshotGoesOnWithTheNextStageAsync(TestHome home)
    {
        await home.OutputAsync("rewind", "awake", "--only", "driven", "--force");
        Assert.Matches("driven: once reached after [0-9.]+ s: board>\n", await home.OutputAsync("stages", "driven", "--follow"));
        Assert.EndsWith("count 1\n", string.Join('\n', (await home.OutputAsync("logs", "driven", "-n", "2")).Split('\n').Where(line => !line.Contains("Power down", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    private static async Task OtherStagesBeginWithTheNextStartAsync(TestHome home, string file)
    {
        const string before = "expect: never comes, timeout: 3s, code: 12, says: the service did not start";
        home.Write("lab.yaml", Lab.Replace(before, "expect: never comes, when: [{ expect: \"root@.*# $\", fail: 102, says: storage }]", StringComparison.Ordinal));
        await home.RunAsync("launch-all", file, "--no-wait");
        CommandResult restarted = await home.RunAsync("restart", "hangs", "--force");
        Assert.Equal(102, restarted.ExitCode);
        Assert.Contains("stage never (2 of 2): storage: root@hangs:/#", restarted.Error, StringComparison.Ordinal);
    }
}
