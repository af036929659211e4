using System.Text.RegularExpressions;
using QemuLab.Engine.Boots;
using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Boots;

public sealed partial class BootDiagnosisTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static BootEvidence Evidence(IReadOnlyList<string> console, params BootStage[] stages) => new()
    {
        Machine = "vm",
        Boot = stages.Aggregate(Boot.Begin(BootOrigin.Start, 7, Start, Start, 0), (boot, stage) => boot.Reach(stage, Start)),
        Console = console,
        Silence = TimeSpan.FromSeconds(20),
        Elapsed = TimeSpan.FromSeconds(30),
    };

    private static string Codes(BootEvidence evidence) => string.Join(' ', BootDiagnosis.Of(evidence).Select(finding => finding.Code));

    [Theory]
    [InlineData("bios-empty-disk", "no-bootable-device")]
    [InlineData("bios-no-boot-code", "boot-sector-silent")]
    [InlineData("uefi-empty-disk", "no-bootable-device network-boot")]
    [InlineData("uefi-shell", "no-bootable-device uefi-shell")]
    [InlineData("panic-no-root", "kernel-panic-no-root")]
    [InlineData("panic-init-died", "kernel-panic-init-died")]
    [InlineData("root-not-found", "root-not-found initramfs-shell")]
    public void A_recorded_console_tells_its_cause(string name, string codes)
    {
        BootStage[] stages = [.. new ConsoleReader().Read(System.Text.Encoding.UTF8.GetString(RecordedConsole.Bytes(name)))];

        Assert.Equal(codes, Codes(Evidence(RecordedConsole.Lines(name), stages)));
    }

    [Theory]
    [InlineData("grub rescue>", "grub-rescue")]
    [InlineData("grub>", "grub-prompt")]
    [InlineData("   Use the ^ and v keys to select which entry is highlighted.", "grub-menu")]
    [InlineData("UEFI Interactive Shell v2.2", "uefi-shell")]
    [InlineData("BdsDxe: No bootable option or device was found.", "no-bootable-device")]
    [InlineData("BdsDxe: failed to load Boot0001 \"UEFI Misc Device\" from PciRoot(0x0)/Pci(0x1,0x0): Unsupported", "boot-entry-failed")]
    [InlineData("BdsDxe: failed to start Boot0001 \"debian\" from HD(1,GPT)/\\EFI\\debian\\shimx64.efi: Not Found", "boot-entry-failed")]
    [InlineData("Kernel panic - not syncing: No working init found.  Try passing init= option to kernel.", "kernel-panic-no-init")]
    [InlineData("Kernel panic - not syncing: System is deadlocked on memory", "out-of-memory-at-boot")]
    [InlineData("[    0.5] Initramfs unpacking failed: write error", "out-of-memory-at-boot")]
    [InlineData("Kernel panic - not syncing: Fatal exception in interrupt", "kernel-panic")]
    [InlineData("traps: init[1] trap invalid opcode ip:7f rsp:7f error:0 in ld-linux-x86-64.so.2", "wrong-architecture")]
    [InlineData("ALERT!  UUID=8d3c-11 does not exist.  Dropping to a shell!", "root-not-found")]
    [InlineData("(initramfs)", "initramfs-shell")]
    [InlineData("You are in emergency mode. After logging in, type \"journalctl -xb\" to view", "emergency-mode")]
    [InlineData("/dev/vda1: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.", "file-system-check")]
    [InlineData("[FAILED] Failed to start ssh.service - OpenBSD Secure Shell server.", "sshd-failed")]
    [InlineData("micro: error: sshd does not start: no keys", "sshd-failed")]
    [InlineData("micro: error: runcmd: the script ended with status 3", "cloud-init-failed")]
    [InlineData("[   20.1] cloud-init[365]: 2030-01-01 00:00:00,0 - util.py[WARNING]: Failed loading yaml blob. Invalid format at line 3", "cloud-init-failed")]
    public void A_line_that_explains_all_is_a_fault(string line, string code)
    {
        BootFinding first = BootDiagnosis.Of(Evidence(["something before", line]))[0];

        Assert.Equal((code, BootFindingKind.Fault, line.Trim()), (first.Code, first.Kind, first.Quote));
    }

    [Theory]
    [InlineData("[   20.1] cloud-init[365]: 2030-01-01 00:00:00,0 - schema.py[WARNING]: cloud-config failed schema validation!", "cloud-init-schema")]
    [InlineData("dhclient: IPv6 duplicate address detected on eth0", "address-taken")]
    [InlineData("cp: error writing '/x': No space left on device", "guest-disk-full")]
    [InlineData("Login incorrect", "console-login-refused")]
    [InlineData("[    9.1] blk_update_request: I/O error, dev vda, sector 2048 op 0x0:(READ)", "disk-io-error")]
    [InlineData("[   10.1] Out of memory: Killed process 312 (java) total-vm:2048000kB", "oom-kill")]
    [InlineData("[  100.1] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [swapper/0:1]", "cpu-stall")]
    [InlineData("[    3.1] Oops: 0002 [#1] PREEMPT SMP", "kernel-oops")]
    public void What_need_not_keep_it_from_coming_up_is_a_warning_also_of_a_ready_machine(string line, string code)
    {
        BootEvidence evidence = Evidence([line], BootStage.Init);

        Assert.Equal((code, BootFindingKind.Warning), (BootDiagnosis.Of(evidence)[0].Code, BootDiagnosis.Of(evidence)[0].Kind));
        Assert.Equal(code, Codes(evidence with { IsOver = true }));
    }

    [Fact]
    public void What_something_else_has_failed_for_is_told_before_that()
    {
        BootFinding[] found = [.. BootDiagnosis.Of(Evidence(["dd: error writing '/rest': No space left on device", "micro: error: runcmd: command 1 failed with status 1"], BootStage.Init))];

        Assert.Equal(["guest-disk-full", "cloud-init-failed"], found.Select(finding => finding.Code));
        Assert.All(found, finding => Assert.Equal(BootFindingKind.Fault, finding.Kind));
    }

    [Fact]
    public void Another_machine_that_answers_at_the_address_is_named()
    {
        BootEvidence evidence = Evidence(["booted"], BootStage.Sshd);
        evidence = evidence with { Boot = evidence.Boot! with { LoginFailure = "Host key verification failed. (the key that was sent is SHA256:x)" }, AnsweredBy = "web1" };

        Assert.Equal(("address-taken", BootFindingKind.Fault), (BootDiagnosis.Of(evidence)[0].Code, BootDiagnosis.Of(evidence)[0].Kind));
        Assert.StartsWith("web1 answers at its address", BootDiagnosis.Of(evidence)[0].Meaning, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_of_the_boot_is_held_against_a_ready_machine()
    {
        BootEvidence ready = Evidence(["micro: error: it failed once", "grub>", "vm login:"]) with { IsOver = true };

        Assert.Equal("", Codes(ready));
        Assert.Equal("grub-prompt cloud-init-failed", Codes(ready with { IsUp = false }));
    }

    [Fact]
    public void What_the_guest_has_overcome_is_no_cause()
    {
        Assert.Equal("silent", Codes(Evidence(["BdsDxe: failed to load Boot0001 \"UEFI Misc Device\": Not Found", "BdsDxe: starting Boot0002"], BootStage.BootLoader)));
        Assert.Equal("silent", Codes(Evidence(["   Use the ^ and v keys to select which entry is highlighted.", "Linux version"], BootStage.Kernel)));
        Assert.Equal("silent", Codes(Evidence(["Gave up waiting for suspend/resume device"], BootStage.Initramfs)));
    }

    [Fact]
    public void What_was_named_in_the_line_is_named_in_the_finding()
    {
        BootFinding waits = BootDiagnosis.Of(Evidence(["[ ***  ] A start job is running for Wait for Network to be Configured (1s / no limit)", "[***   ] A start job is running for /dev/vdc (12s / 1min 30s)"], BootStage.Init))[0];

        Assert.Equal(("job-waits", "systemd waits: /dev/vdc"), (waits.Code, waits.Meaning));
        Assert.Contains("12s", waits.Quote, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lab@127.0.0.1: Permission denied (publickey).", "login-denied", BootFindingKind.Fault)]
    [InlineData("Host key verification failed.", "host-key-differs", BootFindingKind.Fault)]
    [InlineData("\"System is booting up. Unprivileged users are not permitted to log in yet. See pam_nologin(8).\"", "pam-nologin", BootFindingKind.Note)]
    [InlineData("Connection reset by 127.0.0.1 port 1", "login-lost", BootFindingKind.Fault)]
    public void A_login_that_fails_is_told_by_its_own_words(string quote, string code, BootFindingKind kind)
    {
        BootEvidence evidence = Evidence(["booted"], BootStage.Sshd);
        BootFinding first = BootDiagnosis.Of(evidence with { Boot = evidence.Boot! with { LoginFailure = quote } })[0];

        Assert.Equal((code, kind, quote), (first.Code, first.Kind, first.Quote));
    }

    [Fact]
    public void A_prompt_on_the_console_without_an_SSH_server_is_told_once_it_has_had_time()
    {
        string[] prompt = ["Debian GNU/Linux 12 vm ttyS0", "vm login:"];

        Assert.Equal("no-ssh", Codes(Evidence(prompt, BootStage.Init)));
        Assert.Equal("slow", Codes(Evidence(prompt, BootStage.Init) with { Silence = TimeSpan.FromSeconds(2) }));
        Assert.Equal("silent", Codes(Evidence(prompt, BootStage.Init, BootStage.Sshd)));
    }

    [Fact]
    public void Silence_is_told_by_what_the_machine_starts_with()
    {
        var kernel = new FirmwarePlan.DirectKernel("/k", null, "quiet console=tty0");

        Assert.Equal("no-serial-console no-output", Codes(Evidence([]) with { Firmware = kernel }));
        Assert.Equal("no-serial-console no-output", Codes(Evidence([]) with { Firmware = kernel, Elapsed = TimeSpan.FromMinutes(5) }));
        Assert.Equal("no-output", Codes(Evidence([]) with { Firmware = kernel with { Append = "console=ttyS0 quiet" } }));
        Assert.Equal(BootFindingKind.Note, BootDiagnosis.Of(Evidence([]))[0].Kind);
        Assert.Equal(BootFindingKind.Fault, BootDiagnosis.Of(Evidence([]) with { Elapsed = TimeSpan.FromMinutes(5) })[0].Kind);
        Assert.Equal("silent", Codes(Evidence([], BootStage.Sshd)));
    }

    [Fact]
    public void A_guest_that_gets_on_is_slow_and_not_at_fault() =>
        Assert.Equal("slow", Codes(Evidence(["[    9.1] systemd[1]: Starting"], BootStage.Kernel) with { Silence = TimeSpan.FromSeconds(3) }));

    [Fact]
    public void Where_a_stage_was_not_reached_it_is_no_matter_of_time()
    {
        BootEvidence evidence = Evidence(["Login incorrect", "box login:"], BootStage.Login) with { Silence = TimeSpan.FromSeconds(3) };

        Assert.Equal("console-login-refused slow", Codes(evidence));
        Assert.Equal("console-login-refused", Codes(evidence with { HasFailedStage = true }));
        Assert.Equal("", Codes(Evidence(["box login:"], BootStage.Login) with { HasFailedStage = true }));
    }

    [Fact]
    public void Of_a_boot_that_nobody_saw_begin_no_line_is_believed() =>
        Assert.Equal("silent", Codes(Evidence(["grub rescue>", "Kernel panic - not syncing: x"]) with { Boot = null }));

    [Fact]
    public void What_cloud_init_has_failed_with_is_told_before_all_that_it_printed()
    {
        BootEvidence evidence = Evidence(["micro: error: an other"], BootStage.Login);
        BootFinding first = BootDiagnosis.Of(evidence with { Boot = evidence.Boot! with { CloudInitErrors = ["scripts_user failed", "b"] } })[0];

        Assert.Equal(("cloud-init-failed", "scripts_user failed"), (first.Code, first.Quote));
    }

    [Fact]
    public void Codes_are_words_for_scripts_and_advice_names_the_machine()
    {
        Assert.All(ConsoleCauses.All, cause => Assert.Matches(Code(), cause.Code));
        Assert.All(ConsoleCauses.All, cause => Assert.False(cause.Meaning.EndsWith('.') || cause.Advice.EndsWith('.')));
        Assert.DoesNotContain("NAME", BootDiagnosis.Of(Evidence(["grub>"]))[0].Advice, StringComparison.Ordinal);
    }

    [GeneratedRegex("^[a-z]+(-[a-z]+)*$")]
    private static partial Regex Code();
}
