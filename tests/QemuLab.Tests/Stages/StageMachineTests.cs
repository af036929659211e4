using QemuLab.Engine.Stages;

namespace QemuLab.Tests.Stages;

public sealed class StageMachineTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Stages_are_reached_one_after_the_other_each_by_what_comes_after_the_one_before()
    {
        var console = new Console(new Stage[] { Awaits("kernel", "Linux version"), Awaits("login", "login: $") });

        console.Write("box login: \nLinux version 6.1\n");
        Assert.Equal(["Reached: kernel (1 of 2) after 0.0 s: Linux version"], console.News);
        Assert.Null(console.State.Result);

        console.Pass(3);
        console.Write("\nbox login: ");
        Assert.Equal("Reached: login (2 of 2) after 3.0 s: box login:", console.News[1]);
        Assert.Equal("Passed: all 2 stages after 3.0 s", console.News[2]);
        Assert.Equal(StageResult.Passed, console.State.Result);
        Assert.Equal([("kernel", StagePhase.Reached, 0.0, "Linux version"), ("login", StagePhase.Reached, 3.0, "box login:")], console.State.Passages.Select(passage => (passage.Name, passage.Phase, passage.Seconds ?? -1, passage.Matched ?? "")));
    }

    [Fact]
    public void What_a_stage_does_is_done_in_its_order_before_it_is_reached()
    {
        var console = new Console(new Stage[] { Awaits("login", "login: $") with { Actions = [new StageAction.Mark("in"), new StageAction.Send("root\n", false)] }, Awaits("shell", "# $") });

        console.Write("login: ");
        Assert.Equal(["in", "root\r"], console.Done);
        Assert.Equal("shell", console.State.Progress.Current);
    }

    [Fact]
    public void What_was_begun_by_a_daemon_that_has_gone_is_not_done_again()
    {
        Stage[] stages = [Awaits("login", "login: $") with { Actions = [new StageAction.Send("root\n", false), new StageAction.Mark("sent")] }];
        var machine = new StageMachine("box", stages);
        StageState matched = machine.Look(machine.Begin(1, Start, 0, Start), "login: ", Start, Start)!.Next;
        Assert.IsType<StageAction.Send>(machine.ActionOf(matched));

        StageState found = StageMachine.Begun(matched);
        Assert.Null(machine.ActionOf(found));
        Assert.Null(machine.Look(found, "login: ", Start, Start));

        StageState next = machine.Done(found, Start).Next;
        Assert.Equal(new StageAction.Mark("sent"), machine.ActionOf(next));
        Assert.True(machine.Done(StageMachine.Begun(next), Start).Next.Result!.IsPassed);
    }

    [Fact]
    public void A_stage_that_does_not_come_in_its_time_ends_it_with_its_code_and_the_consoles_last_lines()
    {
        var console = new Console(new Stage[] { Awaits("login", "login: $") with { Timeout = TimeSpan.FromSeconds(30), Code = 12, Says = "no getty" } });

        console.Write("booting\nmounting root\n");
        console.Pass(29.9);
        Assert.Null(console.State.Result);

        console.Pass(0.1);
        Assert.Equal(12, console.State.Result!.Code);
        Assert.Equal(
            "stage login (1 of 1) was not reached within 30s, while waiting for 'login: $' (no getty)\nsince the stage before, its serial console ends with:\n  booting\n  mounting root",
            console.State.Result.Message);
        Assert.Equal(StagePhase.Failed, console.State.Passages[0].Phase);
    }

    [Fact]
    public void Time_does_not_count_while_there_is_more_to_read_or_while_the_machine_stands_still()
    {
        var machine = new StageMachine("box", [Awaits("login", "login: $")]);
        StageState state = machine.Begin(1, Start, 0, Start);

        Assert.Null(machine.Look(state, "", quietSince: null, Start.AddHours(1)));
        Assert.Null(machine.Look(StageMachine.Held(state, TimeSpan.FromHours(1)), "", Start, Start.AddHours(1)));
        Assert.Equal(5, machine.Look(state, "", Start, Start.AddHours(1))!.Next.Result!.Code);
    }

    [Fact]
    public void Something_that_is_a_failure_ends_it_with_its_own_code()
    {
        var console = new Console(new Stage[] { Awaits("install", "Installation complete") with { When = [Rule("No space left") with { Fail = 102, Says = "the disk is too small" }] } });

        console.Write("tar: write error: No space left on device\nInstallation complete\n");

        Assert.Equal((102, "stage install (1 of 1): the disk is too small: tar: write error: No space left"), (console.State.Result!.Code, console.State.Result.Message));
    }

    [Fact]
    public void A_question_on_the_way_is_answered_each_time_and_the_stage_is_waited_for_on()
    {
        var console = new Console(new Stage[] { Awaits("end", "done") with { When = [Rule(@"\[y/N\] $") with { Actions = [new StageAction.Send("y\n", false)] }] } });

        console.Write("Continue? [y/N] ");
        console.Write("y\nReally? [y/N] ");
        console.Write("y\ndone\n");

        Assert.Equal(["y\r", "y\r"], console.Done);
        Assert.True(console.State.Result!.IsPassed);
    }

    [Fact]
    public void A_recovery_goes_back_a_stage_so_often_and_no_more()
    {
        var console = new Console(new Stage[]
        {
            Awaits("firmware", "Start HTTP Boot"),
            Awaits("kernel", "Linux version") with { Code = 7, When = [Rule("iPXE>") with { Actions = [new StageAction.Send("reboot\n", false)], Goto = "firmware", Times = 2 }] },
        });
        for (int round = 0; round < 2; round++)
        {
            console.Write("Start HTTP Boot\niPXE>");
            Assert.Equal("firmware", console.State.Progress.Current);
        }

        Assert.Equal([("firmware", StagePhase.UnderWay, 3), ("kernel", StagePhase.Waiting, 2)], console.State.Passages.Select(passage => (passage.Name, passage.Phase, passage.Rounds)));
        Assert.Contains("Again: kernel (2 of 2): 'iPXE>' came; back to firmware", console.News);

        console.Write("Start HTTP Boot\niPXE>");
        Assert.Equal(2, console.Done.Count);
        Assert.Equal((7, "stage kernel (2 of 2): 'iPXE>' came more than 2 times"), (console.State.Result!.Code, console.State.Result.Message));
    }

    [Fact]
    public void A_later_stage_may_be_gone_on_with_and_those_between_are_skipped()
    {
        var console = new Console(new Stage[] { Awaits("menu", "menu") with { When = [Rule("already installed") with { Goto = "login" }] }, Awaits("install", "installed"), Awaits("login", "login:") });

        console.Write("already installed\nlogin:");

        Assert.Equal([StagePhase.Skipped, StagePhase.Skipped, StagePhase.Reached], console.State.Passages.Select(passage => passage.Phase));
        Assert.True(console.State.Result!.IsPassed);
    }

    [Fact]
    public void Of_what_comes_at_once_the_first_counts()
    {
        Stage install = Awaits("install", "complete") with { When = [Rule("error") with { Fail = 9 }] };

        Assert.Equal(0, Ended("complete, without error"));
        Assert.Equal(9, Ended("error, and complete nevertheless"));

        int Ended(string text)
        {
            var console = new Console(new[] { install });
            console.Write(text);
            return console.State.Result!.Code;
        }
    }

    [Fact]
    public void Silence_can_be_waited_for_and_can_be_what_is_wrong()
    {
        var awaited = new Console(new[] { Awaits("quiet") with { Trigger = new StageTrigger([], TimeSpan.FromSeconds(60)) } });
        awaited.Pass(59);
        awaited.Write("still here");
        awaited.Pass(59);
        Assert.Null(awaited.State.Result);
        awaited.Pass(1);
        Assert.True(awaited.State.Result!.IsPassed);

        var feared = new Console(new[] { Awaits("login", "login:") with { When = [Rule() with { Trigger = new StageTrigger([], TimeSpan.FromSeconds(10)), Actions = [new StageAction.Send("\n", false)], Times = 2 }] } });
        feared.Pass(10);
        feared.Pass(9);
        Assert.Equal(["\r"], feared.Done);
        feared.Pass(1);
        feared.Pass(10);
        Assert.Equal(["\r", "\r"], feared.Done);
        Assert.Equal("stage login (1 of 1): silence for 10s came more than 2 times", feared.State.Result!.Message);
    }

    [Fact]
    public void A_stage_that_waits_for_nothing_is_reached_at_once()
    {
        var console = new Console(new[] { Awaits("wake") with { Trigger = null, Actions = [new StageAction.Send("\n", false)] }, Awaits("shell", "# $") });

        console.Look();

        Assert.Equal(["\r"], console.Done);
        Assert.Equal("shell", console.State.Progress.Current);
    }

    [Fact]
    public void What_a_guest_echoes_of_a_secret_is_not_quoted()
    {
        Stage[] stages = [Awaits("ask", "token: $") with { Actions = [new StageAction.Send("hunter2\n", true)] }, Awaits("ok", "accepted .*") with { Timeout = TimeSpan.FromSeconds(5) }, Awaits("never", "never") with { Timeout = TimeSpan.FromSeconds(5) }];
        var console = new Console(stages);

        console.Write("token: ");
        console.Write("hunter2\naccepted hunter2\nhunter2 is stored");
        console.Pass(5);

        Assert.Equal("accepted ***", console.State.Passages[1].Matched);
        Assert.DoesNotContain("hunter2", string.Join(' ', console.News) + console.State, StringComparison.Ordinal);
        Assert.Contains("*** is stored", console.State.Result!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_that_goes_in_between_has_failed()
    {
        var machine = new StageMachine("box", [Awaits("login", "login:")]);

        StageStep step = machine.Gone(machine.Begin(1, Start, 0, Start), "the guest shut down", null, Start);

        Assert.Equal((1, "stage login (1 of 1) was not reached: the guest shut down"), (step.Next.Result!.Code, step.Next.Result.Message));
    }

    [Fact]
    public void A_memory_goes_on_with_the_stage_that_it_was_saved_before()
    {
        Stage[] stages = [Awaits("a", "A") with { Actions = [new StageAction.Snapshot("s")] }, Awaits("b", "B")];
        var machine = new StageMachine("box", stages);
        StageState begun = machine.Begin(1, Start, 0, Start);
        StageState saving = machine.Look(begun, "A", Start, Start)!.Next;
        Assert.Equal(("a", "b"), (saving.Progress.Current, saving.Progress.Next));

        StageState back = machine.Restore(begun, saving.Progress.Next!);
        Assert.Equal((1, StagePhase.Reached, StagePhase.UnderWay), (back.Current, back.Passages[0].Phase, back.Passages[1].Phase));
        Assert.True(machine.Restore(begun, "").Result!.IsPassed);
        Assert.Equal("", machine.Restore(begun, "").Progress.Next);
    }

    [Fact]
    public void Other_stages_than_it_was_begun_with_are_told_as_that()
    {
        var machine = new StageMachine("box", [Awaits("a", "A")]);
        Assert.NotEqual(machine.Digest, new StageMachine("box", [Awaits("a", "B")]).Digest);
        Assert.Equal(machine.Digest, new StageMachine("box", [Awaits("a", "A") with { Actions = [new StageAction.Send("secret", true)] }]).Digest);

        Assert.Equal("begin anew: qemulab restart box", machine.Changed(machine.Begin(1, Start, 0, Start), Start).Next.Result!.Hint);
    }

    private static Stage Awaits(string name, params string[] patterns) => new() { Name = name, Trigger = new StageTrigger(patterns, null), Timeout = TimeSpan.FromMinutes(5), Code = 5 };

    private static StageRule Rule(params string[] patterns) => new() { Trigger = new StageTrigger(patterns, null), Times = 10 };

    /// <summary>A guest's console with a machine of stages at it, and a clock.</summary>
    private sealed class Console
    {
        private readonly StageMachine machine;
        private string text = "";
        private DateTimeOffset now = Start;
        private DateTimeOffset quietSince = Start;

        public Console(IReadOnlyList<Stage> stages)
        {
            machine = new StageMachine("box", stages);
            State = machine.Begin(1, Start, 0, Start);
        }

        public StageState State { get; private set; }

        public List<string> Done { get; } = [];

        public List<string> News { get; } = [];

        public void Write(string more)
        {
            text += more;
            quietSince = now;
            Look();
        }

        public void Pass(double seconds)
        {
            now += TimeSpan.FromSeconds(seconds);
            Look();
        }

        public void Look()
        {
            while (machine.Look(State, text, quietSince, now) is { } step)
            {
                text = text[step.Consumed..];
                Take(step);
                while (machine.ActionOf(State) is { } action)
                {
                    Done.Add(action is StageAction.Send send ? send.Typed : ((StageAction.Mark)action).Text);
                    State = StageMachine.Begun(State);
                    Take(machine.Done(State, now));
                }
            }
        }

        private void Take(StageStep step)
        {
            State = step.Next;
            News.AddRange(step.News.Select(news => $"{news.Word}: {news.Message}"));
        }
    }
}
