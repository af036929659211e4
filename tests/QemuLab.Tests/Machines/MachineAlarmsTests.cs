using System.Text.Json;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qmp;

namespace QemuLab.Tests.Machines;

public sealed class MachineAlarmsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly MachineMessage Launched = new MachineMessage.Launched(4711, Start);

    private static readonly MachineMessage Ready = new MachineMessage.PhaseReached(BootPhase.Ready, null);

    private static readonly MachineMessage Reset = Event("RESET", """{"guest":true,"reason":"guest-reset"}""");

    private static readonly MachineMessage Corrupted = Event("BLOCK_IMAGE_CORRUPTED", """{"node-name":"disk-data","msg":"L2 table offset 0x200 unaligned","fatal":true}""", "data");

    private static readonly MachineMessage Reported = Event("BLOCK_IO_ERROR", """{"node-name":"disk-data","operation":"write","action":"report","reason":"Input/output error"}""", "data");

    private static readonly MachineMessage Panic = Panicked("shutdown", "[    1.0] booting", "[    7.7] Kernel panic - not syncing: sysrq triggered crash", "[    7.8] Call Trace:");

    private static readonly MachineMessage PanicEnd = Event("SHUTDOWN", """{"guest":true,"reason":"guest-panic"}""");

    private static MachineMessage.Notified Event(string name, string data, string? disk = null)
    {
        using JsonDocument document = JsonDocument.Parse(data);
        return new(new QmpEvent(name, Start, document.RootElement.Clone())) { Disk = disk, DiskPath = disk is null ? null : "/labs/my disk.qcow2" };
    }

    private static MachineMessage.Notified Panicked(string action, params string[] console) => Event("GUEST_PANICKED", $$"""{"action":"{{action}}"}""") with { Console = console };

    private static MachineStatus After(TimeSpan step, params MachineMessage[] messages)
    {
        var state = new LifecycleState(new MachineStatus { Lab = "k8s", Name = "web", Group = "web", State = MachineState.Stopped, Since = Start });
        DateTimeOffset now = Start;
        foreach (MachineMessage message in messages)
        {
            (state, _) = MachineLifecycle.Next(state, message, now += step);
        }

        return state.Status;
    }

    private static MachineStatus After(params MachineMessage[] messages) => After(TimeSpan.FromSeconds(1), messages);

    private static string Kinds(MachineStatus status) => string.Join(' ', status.Alarms.Select(alarm => $"{alarm.Kind}×{alarm.Count}"));

    [Fact]
    public void A_panic_is_told_in_the_kernels_own_words_with_what_follows_as_evidence()
    {
        MachineStatus status = After(Launched, Ready, Panic, PanicEnd, new MachineMessage.Exited(null));

        Assert.Equal(MachineState.Failed, status.State);
        Assert.Equal("the guest's kernel panicked: sysrq triggered crash\n[    7.7] Kernel panic - not syncing: sysrq triggered crash\n[    7.8] Call Trace:", status.Reason);
        Assert.Equal("read: qemulab logs web; then: qemulab start web", status.Hint);
        MachineAlarm alarm = Assert.Single(status.Alarms);
        Assert.Equal((MachineAlarmKind.GuestPanicked, "the guest's kernel panicked: sysrq triggered crash"), (alarm.Kind, alarm.Message));
    }

    [Fact]
    public void Of_several_panics_on_the_console_the_last_is_told()
    {
        string[] console =
        [
            "[    3.3] Kernel panic - not syncing: VFS: Unable to mount root fs",
            "[    3.4] ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs ]---",
            "[    7.7] Kernel panic - not syncing: sysrq triggered crash",
            "[    7.8] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---",
        ];

        MachineStatus status = After(Launched, Panicked("shutdown", console), PanicEnd, new MachineMessage.Exited(null));

        Assert.StartsWith("the guest's kernel panicked: sysrq triggered crash\n[    7.7] Kernel panic", status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_panic_without_words_is_told_with_the_last_lines_of_the_console_or_with_none()
    {
        Assert.Equal("the guest's kernel panicked\n*** STOP: 0x7B", After(Launched, Panicked("shutdown", "*** STOP: 0x7B"), PanicEnd, new MachineMessage.Exited(null)).Reason);
        Assert.Equal("the guest's kernel panicked", After(Launched, Panicked("shutdown"), PanicEnd, new MachineMessage.Exited(null)).Reason);
    }

    [Fact]
    public void A_panic_for_which_QEMU_only_stops_the_CPUs_is_the_reason_of_the_pause()
    {
        MachineStatus status = After(Launched, Panicked("pause", "Kernel panic - not syncing: oops"), Event("STOP", "{}"));

        Assert.Equal((MachineState.Paused, "read: qemulab logs web; end it: qemulab stop --force web"), (status.State, status.Hint));
        Assert.StartsWith("the guest's kernel panicked: oops", status.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reset", "the guest no longer fed its watchdog: it was reset")]
    [InlineData("poweroff", "the guest no longer fed its watchdog: it was turned off")]
    [InlineData("pause", "the guest no longer fed its watchdog: it was paused")]
    [InlineData("none", "the guest no longer fed its watchdog")]
    public void A_watchdog_is_told_with_what_it_did(string action, string message) =>
        Assert.Equal(message, Assert.Single(After(Launched, Ready, Event("WATCHDOG", $$"""{"action":"{{action}}"}""")).Alarms).Message);

    [Fact]
    public void A_watchdog_that_ends_or_pauses_its_machine_is_the_reason_of_it()
    {
        MachineStatus off = After(Launched, Ready, Event("WATCHDOG", """{"action":"poweroff"}"""), new MachineMessage.Exited(null));
        Assert.Equal((MachineState.Failed, "the guest no longer fed its watchdog: it was turned off", "read: qemulab logs web; then: qemulab start web"), (off.State, off.Reason, off.Hint));

        MachineStatus paused = After(Launched, Ready, Event("WATCHDOG", """{"action":"pause"}"""), Event("STOP", "{}"));
        Assert.Equal((MachineState.Paused, "the guest no longer fed its watchdog: it was paused"), (paused.State, paused.Reason));
        Assert.Null(After(Launched, Event("WATCHDOG", """{"action":"pause"}"""), Event("STOP", "{}"), Event("RESUME", "{}")).Reason);
    }

    [Fact]
    public void A_corrupted_disk_degrades_the_machine_and_says_how_to_mend_it()
    {
        MachineStatus status = After(Launched, Ready, Corrupted, Reported, Reported);

        MachineAlarm alarm = Assert.Single(status.Alarms);
        Assert.Equal("the file of its disk data is corrupted: L2 table offset 0x200 unaligned", alarm.Message);
        Assert.EndsWith("qemulab stop web; then: qemu-img check -r all '/labs/my disk.qcow2'; then: qemulab start web", alarm.Hint, StringComparison.Ordinal);
        Assert.Equal([MachineCondition.Ready, MachineCondition.Degraded], MachineConditions.Of(status, null));
        Assert.Equal(MachineState.Running, status.State);
    }

    [Fact]
    public void A_corruption_that_nobody_heard_of_is_told_at_adoption() =>
        Assert.Equal("DiskCorrupted×1", Kinds(After(new MachineMessage.Adopted(4711, Start, CpusRun: true), new MachineMessage.FoundCorrupted("data", "/d"))));

    [Fact]
    public void Errors_that_the_guest_gets_are_counted()
    {
        MachineStatus status = After(Launched, Ready, Reported, Reported, Reported);

        Assert.Equal("DiskFailed×3", Kinds(status));
        Assert.Equal("its disk data could not be written: Input/output error; the guest was told", status.Alarms[0].Message);
        Assert.Equal(Start + TimeSpan.FromSeconds(3), status.Alarms[0].Since);
        Assert.Empty(After(Launched, Event("BLOCK_IO_ERROR", """{"operation":"write","action":"ignore"}""")).Alarms);
    }

    [Fact]
    public void A_full_disk_is_an_alarm_for_as_long_as_the_machine_waits()
    {
        MachineMessage full = Event("BLOCK_IO_ERROR", """{"operation":"write","action":"stop","nospace":true,"reason":"No space left on device"}""", "root");

        Assert.Equal("no room left on this host for its disk root", Assert.Single(After(Launched, full, Event("STOP", "{}")).Alarms).Message);
        Assert.Empty(After(Launched, full, Event("STOP", "{}"), Event("RESUME", "{}")).Alarms);
    }

    [Fact]
    public void Resets_before_it_is_ready_are_a_loop_from_the_third_on_and_end_the_wait_for_it()
    {
        Assert.Equal(("", BootPhase.Process), (Kinds(After(Launched, Reset, Reset)), After(Launched, Reset, Reset).Phase));

        MachineStatus third = After(Launched, Reset, Reset, Reset);
        Assert.Equal(("ResetLoop×1", BootPhase.Failed, "it resets again and again before it is ready"), (Kinds(third), third.Phase, third.Reason));

        MachineStatus fourth = After(Launched, Reset, Reset, Reset, Reset);
        Assert.Equal(("ResetLoop×2", BootPhase.Process), (Kinds(fourth), fourth.Phase));
    }

    [Fact]
    public void Resets_are_no_loop_where_it_was_ready_or_time_passed_or_a_person_pressed_the_button()
    {
        MachineMessage button = Event("RESET", """{"guest":false,"reason":"host-qmp-system-reset"}""");

        Assert.Empty(After(Launched, Reset, Reset, Ready, Reset, Reset).Alarms);
        Assert.Empty(After(MachineAlarms.ResetWindow / 2, Launched, Reset, Reset, Reset).Alarms);
        Assert.Empty(After(Launched, button, button, button).Alarms);
        Assert.Empty(After(MachineAlarms.EchoOfReset / 5, Launched, Reset, Reset, Reset, Reset).Alarms);
        Assert.Empty(After(Launched, Reset, Reset, Reset, Ready).Alarms);
    }

    [Fact]
    public void A_new_start_begins_without_alarms()
    {
        Assert.Equal("GuestPanicked×1", Kinds(After(Launched, Panic, PanicEnd, new MachineMessage.Exited(null))));
        Assert.Empty(After(Launched, Panic, PanicEnd, new MachineMessage.Exited(null), new MachineMessage.Provisioning()).Alarms);
        Assert.Empty(After(Launched, Corrupted, new MachineMessage.Exited(null), Launched).Alarms);
    }
}
