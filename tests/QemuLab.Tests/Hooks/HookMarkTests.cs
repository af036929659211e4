using QemuLab.Engine.Hooks;
using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Hooks;

/// <summary>What hooks are told between one status and the next, of one daemon or of two.</summary>
public sealed class HookMarkTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static MachineStatus Status(MachineState state, BootPhase phase = BootPhase.None, int? process = null, string name = "a") => new()
    {
        Lab = "l",
        Name = name,
        Group = name,
        State = state,
        Phase = phase,
        Since = Start,
        ProcessId = process,
        StartedAt = process is { } id ? Start.AddMinutes(id) : null,
    };

    private static string Words(IEnumerable<HookEvent> events) => string.Join(' ', events.Select(happened => happened.Word()));

    /// <summary>The events of a way through states: each <c>State[:Phase][@process]</c>.</summary>
    [Theory]
    [InlineData("Provisioning Starting Running:Process@1 Running:Banner@1 Running:Ready@1", "started ready")]
    [InlineData("Running:Ready@1 Stopping:Ready@1 Stopped", "started ready stopped")]
    [InlineData("Running:Ready@1 Failed", "started ready failed")]
    [InlineData("Starting Failed Starting Failed", "failed failed")]
    [InlineData("Running:Ready@1 Failed CrashLoopBackOff Starting Running:Process@2", "started ready failed started")]
    [InlineData("Running:Ready@1 Paused:Ready@1 Running:Ready@1", "started ready paused resumed")]
    [InlineData("Paused:Process@1 Running:Process@1 Running:Ready@1", "started resumed ready")]
    [InlineData("Running:Ready@1 Running:Process@1 Running:Ready@1", "started ready ready")]
    [InlineData("Running:Process@1 Running:Failed@1 Running:Failed@1", "started not-ready")]
    [InlineData("Running:Ready@1 Suspended Starting Running:Ready@2", "started ready suspended started ready")]
    [InlineData("Running:Ready@1 Suspended Running:Ready@2", "started ready suspended resumed ready")]
    [InlineData("Running:Ready@1 Unknown@1 Running:Ready@1", "started ready")]
    [InlineData("Running:Ready@1 Unknown@1 Failed", "started ready failed")]
    [InlineData("Starting Stopped", "stopped")]
    [InlineData("Failed Stopped", "failed")]
    public void A_way_through_states_is_told_in_its_order(string way, string told)
    {
        HookMark mark = HookMark.New;
        List<HookEvent> events = [];
        foreach (string step in way.Split(' '))
        {
            string[] parts = step.Split(':', '@');
            BootPhase phase = step.Contains(':', StringComparison.Ordinal) ? Enum.Parse<BootPhase>(parts[1]) : BootPhase.None;
            MachineStatus status = Status(Enum.Parse<MachineState>(parts[0]), phase, step.Contains('@', StringComparison.Ordinal) ? int.Parse(parts[^1], System.Globalization.CultureInfo.InvariantCulture) : null);
            events.AddRange(mark.Until(status));
            mark = mark.After(status);
        }

        Assert.Equal(told, Words(events));
    }

    [Fact]
    public void An_alarm_is_told_once_for_as_long_as_it_is_on()
    {
        var alarm = new MachineAlarm(MachineAlarmKind.DiskFull, "no room", null, Start) { Disk = "root" };
        MachineStatus wrong = Status(MachineState.Paused, BootPhase.Ready, 1) with { Alarms = [alarm] };
        HookMark mark = HookMark.New.After(Status(MachineState.Running, BootPhase.Ready, 1));

        Assert.Equal("paused alarm", Words(mark.Until(wrong)));
        Assert.Equal("", Words(mark.After(wrong).Until(wrong with { Alarms = [alarm with { Count = 2 }] })));
        Assert.Equal("alarm", Words(mark.After(wrong).Until(wrong with { Alarms = [alarm, alarm with { Disk = "data" }] })));
    }

    [Fact]
    public void A_lab_is_ready_when_all_that_are_to_run_are_and_stopped_when_none_is_up()
    {
        var marks = new LabMarks(new Dictionary<string, HookMark>(), isAdopting: false);
        string Learn(MachineStatus now) => Words(marks.Learn(now, ["a", "b"]).Events);

        Assert.Equal("started ready", Learn(Status(MachineState.Running, BootPhase.Ready, 1)));
        Assert.Equal("started", Learn(Status(MachineState.Running, BootPhase.Process, 2, "b")));
        Assert.Equal("ready lab-ready", Learn(Status(MachineState.Running, BootPhase.Ready, 2, "b")));
        Assert.Equal("started", Learn(Status(MachineState.Running, BootPhase.Process, 3, "extra")));
        Assert.Equal("stopped", Learn(Status(MachineState.Stopped, name: "extra")));
        Assert.Equal("stopped", Learn(Status(MachineState.Stopped)));
        Assert.Equal("started ready lab-ready", Learn(Status(MachineState.Running, BootPhase.Ready, 4)));
        Assert.Equal("stopped", Learn(Status(MachineState.Stopped)));
        Assert.Equal("failed lab-stopped", Learn(Status(MachineState.Failed, name: "b")));
    }

    [Fact]
    public void The_next_daemon_tells_nothing_again_and_what_has_happened_meanwhile()
    {
        var former = new LabMarks(new Dictionary<string, HookMark>(), isAdopting: false);
        foreach (MachineStatus seen in new[] { Status(MachineState.Running, BootPhase.Ready, 1), Status(MachineState.Running, BootPhase.Failed, 2, "b"), Status(MachineState.Running, BootPhase.Ready, 3, "c") })
        {
            former.Learn(seen, ["a", "b", "c"]);
        }

        var next = new LabMarks(former.Machines, isAdopting: true);
        string Learn(MachineStatus now) => Words(next.Learn(now, ["a", "b", "c"]).Events);
        Assert.Equal("", Learn(Status(MachineState.Running, BootPhase.Ready, 1)));
        Assert.Equal("", Learn(Status(MachineState.Running, BootPhase.Process, 2, "b")));
        Assert.Equal("", Learn(Status(MachineState.Running, BootPhase.Banner, 2, "b")));
        Assert.Equal("failed", Learn(Status(MachineState.Failed, name: "c")));
        Assert.Equal("", Learn(Status(MachineState.Running, BootPhase.Ready, 9, "d")));
        next.Open();
        Assert.Equal("", Learn(Status(MachineState.Running, BootPhase.Failed, 2, "b")));
        Assert.Equal("started", Learn(Status(MachineState.Running, BootPhase.Process, 10, "e")));
        Assert.Equal("started ready", Learn(Status(MachineState.Running, BootPhase.Ready, 4, "c")));
        Assert.Equal("ready lab-ready", Learn(Status(MachineState.Running, BootPhase.Ready, 2, "b")));
    }
}
