using System.Text.Json;
using QemuLab.Engine;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qmp;

namespace QemuLab.Tests.Machines;

public sealed class MachineLifecycleTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly MachineMessage.Launched Launched = new(4711, Now);

    private static LifecycleState Stopped => new(new MachineStatus { Lab = "k8s", Name = "control0", Group = "control", State = MachineState.Stopped, Since = Now });

    /// <summary>Sends messages one after another, a second apart, and tells where they lead.</summary>
    private static (LifecycleState State, IReadOnlyList<MachineEffect> LastEffects) After(params MachineMessage[] messages)
    {
        LifecycleState state = Stopped;
        IReadOnlyList<MachineEffect> effects = [];
        DateTimeOffset now = Now;
        foreach (MachineMessage message in messages)
        {
            now += TimeSpan.FromSeconds(1);
            (state, effects) = MachineLifecycle.Next(state, message, now);
        }

        return (state, effects);
    }

    private static MachineMessage.Notified Event(string name) => new(new QmpEvent(name, Now, default(JsonElement)));

    private static MachineMessage.Notified Event(string name, string data)
    {
        using JsonDocument document = JsonDocument.Parse(data);
        return new MachineMessage.Notified(new QmpEvent(name, Now, document.RootElement.Clone()));
    }

    [Theory]
    [InlineData("""{"guest":true,"reason":"guest-shutdown"}""", MachineState.Stopped, "the guest shut down")]
    [InlineData("""{"guest":true,"reason":"guest-panic"}""", MachineState.Failed, "the guest's kernel panicked")]
    [InlineData("""{"guest":false,"reason":"host-signal"}""", MachineState.Failed, "QEMU was ended from outside, by a signal")]
    [InlineData("""{"guest":false,"reason":"host-qmp-quit"}""", MachineState.Stopped, "QEMU was told to end through its monitor")]
    [InlineData("{}", MachineState.Stopped, "the guest shut down")]
    public void An_end_is_told_by_its_cause(string data, MachineState state, string reason)
    {
        MachineStatus status = After(Launched, Event("SHUTDOWN", data), new MachineMessage.Exited(null)).State.Status;

        Assert.Equal((state, reason), (status.State, status.Reason));
        Assert.Equal(MachineState.Stopped, After(Launched, new MachineMessage.StopRequested(TimeSpan.Zero), Event("SHUTDOWN", data), new MachineMessage.Exited(null)).State.Status.State);
    }

    [Fact]
    public void A_machine_without_room_waits_for_it_and_then_goes_on()
    {
        MachineMessage full = Event("BLOCK_IO_ERROR", """{"action":"stop","nospace":true,"reason":"No space left on device"}""");
        (LifecycleState paused, IReadOnlyList<MachineEffect> effects) = After(Launched, full, Event("STOP"));
        Assert.Equal((MachineState.Paused, "no room left on this host's disk", ErrorKind.Failed), (paused.Status.State, paused.Status.Reason, paused.Status.Fault));
        Assert.Equal([new MachineEffect.AwaitRoom()], effects);

        MachineStatus again = After(Launched, full, Event("STOP"), Event("RESUME")).State.Status;
        Assert.Equal((MachineState.Running, null, null), (again.State, again.Reason, again.Fault));
        Assert.Equal("no room left on this host's disk", After(new MachineMessage.Adopted(1, Now, CpusRun: false), new MachineMessage.HaltedByDisk(new IoFault("x", IsForRoom: true))).State.Status.Reason);
    }

    [Fact]
    public void A_broken_disk_waits_for_a_person_and_one_that_is_only_reported_for_nobody()
    {
        MachineStatus status = After(Launched, Event("BLOCK_IO_ERROR", """{"action":"stop","nospace":false,"reason":"Input/output error"}"""), Event("STOP")).State.Status;
        Assert.Equal(("its disk failed: Input/output error", "mend it, then: qemulab unpause control0"), (status.Reason, status.Hint));

        Assert.Null(After(Launched, Event("BLOCK_IO_ERROR", """{"action":"report","nospace":false}"""), Event("STOP")).State.Status.Reason);
    }

    public static TheoryData<MachineMessage[], MachineState, BootPhase> Ways => new()
    {
        { [], MachineState.Stopped, BootPhase.None },
        { [new MachineMessage.Provisioning()], MachineState.Provisioning, BootPhase.None },
        { [new MachineMessage.Provisioning(), new MachineMessage.Launching()], MachineState.Starting, BootPhase.None },
        { [new MachineMessage.Launching(), Launched], MachineState.Running, BootPhase.Process },
        { [Launched, new MachineMessage.PhaseReached(BootPhase.Banner, null)], MachineState.Running, BootPhase.Banner },
        { [Launched, new MachineMessage.PhaseReached(BootPhase.Ready, null)], MachineState.Running, BootPhase.Ready },
        { [Launched, new MachineMessage.NotReady("cloud-init failed", null)], MachineState.Running, BootPhase.Failed },
        { [Launched, Event("STOP")], MachineState.Paused, BootPhase.Process },
        { [Launched, Event("STOP"), Event("RESUME")], MachineState.Running, BootPhase.Process },
        { [Launched, new MachineMessage.PhaseReached(BootPhase.Ready, null), Event("RESET")], MachineState.Running, BootPhase.Process },
        { [Launched, Event("SHUTDOWN"), new MachineMessage.Exited(null)], MachineState.Stopped, BootPhase.None },
        { [Launched, new MachineMessage.Exited("out of memory")], MachineState.Failed, BootPhase.None },
        { [Launched, new MachineMessage.StopRequested(TimeSpan.FromSeconds(30))], MachineState.Stopping, BootPhase.Process },
        { [Launched, new MachineMessage.StopRequested(TimeSpan.FromSeconds(30)), new MachineMessage.Exited(null)], MachineState.Stopped, BootPhase.None },
        { [new MachineMessage.Adopted(4711, Now, CpusRun: true)], MachineState.Running, BootPhase.Process },
        { [new MachineMessage.Adopted(4711, Now, CpusRun: false)], MachineState.Paused, BootPhase.Process },
        { [new MachineMessage.Unreachable("silent")], MachineState.Unknown, BootPhase.None },
        { [new MachineMessage.Launching(), new MachineMessage.StartFailed("no disk", null)], MachineState.Failed, BootPhase.None },
        { [new MachineMessage.StopRequested(TimeSpan.Zero)], MachineState.Stopped, BootPhase.None },
        { [new MachineMessage.Exited(null)], MachineState.Stopped, BootPhase.None },
        { [new MachineMessage.PhaseReached(BootPhase.Ready, null)], MachineState.Stopped, BootPhase.None },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Messages_lead_to_this_state_and_phase(MachineMessage[] messages, MachineState state, BootPhase phase)
    {
        MachineStatus status = After(messages).State.Status;

        Assert.Equal((state, phase), (status.State, status.Phase));
    }

    [Fact]
    public void A_start_watches_the_guest_come_up()
    {
        Assert.Equal([new MachineEffect.WatchReadiness()], After(Launched).LastEffects);
    }

    [Fact]
    public void A_stop_presses_the_button_again_until_the_grace_period_is_over_then_quits_then_kills()
    {
        (LifecycleState state, IReadOnlyList<MachineEffect> effects) = After(Launched, new MachineMessage.StopRequested(TimeSpan.FromSeconds(12)));
        var seen = new List<string>();
        DateTimeOffset now = Now + TimeSpan.FromSeconds(2);
        for (int i = 0; i < 6; i++)
        {
            seen.Add(string.Join('+', effects.Select(effect => effect.GetType().Name)));
            now += effects.OfType<MachineEffect.Remind>().Single().After;
            (state, effects) = MachineLifecycle.Next(state, new MachineMessage.Tick(), now);
        }

        Assert.Equal(["EndWatch+PressPowerButton+Remind", "PressPowerButton+Remind", "PressPowerButton+Remind", "Quit+Remind", "Kill+Remind", "Kill+Remind"], seen);
    }

    [Fact]
    public void A_stop_tells_the_agent_first_where_one_listens_and_presses_the_button_after_that()
    {
        MachineMessage open = Event("VSERPORT_CHANGE", """{"id":"agent-port","open":true}"""), shut = Event("VSERPORT_CHANGE", """{"id":"agent-port","open":false}""");
        var stop = new MachineMessage.StopRequested(TimeSpan.FromSeconds(12));

        Assert.Equal([typeof(MachineEffect.EndWatch), typeof(MachineEffect.AskAgentToShutDown), typeof(MachineEffect.Remind)], After(Launched, open, stop).LastEffects.Select(effect => effect.GetType()));
        Assert.Contains(After(Launched, open, stop, new MachineMessage.Tick()).LastEffects, effect => effect is MachineEffect.PressPowerButton);
        Assert.Contains(After(Launched, open, shut, stop).LastEffects, effect => effect is MachineEffect.PressPowerButton);
        Assert.DoesNotContain(After(Launched, open, new MachineMessage.StopRequested(TimeSpan.Zero)).LastEffects, effect => effect is MachineEffect.AskAgentToShutDown);
    }

    [Fact]
    public void An_agent_is_there_from_when_it_opens_its_port_until_it_closes_it_or_the_machine_ends()
    {
        MachineMessage open = Event("VSERPORT_CHANGE", """{"id":"agent-port","open":true}""");

        Assert.True(After(Launched, open).State.Status.AgentConnected);
        Assert.True(After(new MachineMessage.Adopted(1, Now, CpusRun: true), new MachineMessage.FoundAgent()).State.Status.AgentConnected);
        Assert.False(After(Launched, Event("VSERPORT_CHANGE", """{"id":"other","open":true}""")).State.Status.AgentConnected);
        Assert.False(After(Launched, open, new MachineMessage.Exited(null)).State.Status.AgentConnected);
    }

    [Fact]
    public void A_stop_by_force_quits_at_once_and_never_presses_the_button()
    {
        IReadOnlyList<MachineEffect> effects = After(Launched, new MachineMessage.StopRequested(TimeSpan.Zero)).LastEffects;

        Assert.Contains(effects, effect => effect is MachineEffect.Quit);
        Assert.DoesNotContain(effects, effect => effect is MachineEffect.PressPowerButton);
    }

    [Fact]
    public void A_reboot_is_watched_from_the_beginning_again()
    {
        (LifecycleState state, IReadOnlyList<MachineEffect> effects) = After(Launched, new MachineMessage.PhaseReached(BootPhase.Ready, null), Event("RESET"));

        Assert.Equal([new MachineEffect.EndWatch(), new MachineEffect.WatchReadiness()], effects);
        Assert.Null(state.Status.ReadyAfter);
    }

    [Fact]
    public void An_end_that_nobody_asked_for_tells_the_last_words_and_what_to_read()
    {
        MachineStatus status = After(Launched, new MachineMessage.Exited("qemu: fatal")).State.Status;

        Assert.Equal("QEMU ended: qemu: fatal", status.Reason);
        Assert.Contains("qemulab logs control0 --qemu", status.Hint, StringComparison.Ordinal);
        Assert.Null(status.ProcessId);
    }

    [Fact]
    public void Ready_tells_how_long_it_took_from_the_start_of_QEMU()
    {
        Assert.Equal(TimeSpan.FromSeconds(2), After(Launched, new MachineMessage.PhaseReached(BootPhase.Ready, null)).State.Status.ReadyAfter);
    }

    [Fact]
    public void A_second_stop_may_shorten_the_grace_period()
    {
        IReadOnlyList<MachineEffect> effects = After(Launched, new MachineMessage.StopRequested(TimeSpan.FromHours(1)), new MachineMessage.StopRequested(TimeSpan.Zero)).LastEffects;

        Assert.Contains(effects, effect => effect is MachineEffect.Quit);
    }
}
