using System.Text.Json;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qmp;

namespace QemuLab.Tests.Machines;

public sealed class EndReasonTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static LifecycleState Running =>
        new(new MachineStatus { Lab = "k8s", Name = "control0", Group = "control", State = MachineState.Running, Since = Now });

    private static MachineStatus After(LifecycleState state, string? shutdown, MachineMessage.Exited exited)
    {
        if (shutdown is not null)
        {
            using JsonDocument data = JsonDocument.Parse($$"""{"reason":"{{shutdown}}"}""");
            (state, _) = MachineLifecycle.Next(state, new MachineMessage.Notified(new QmpEvent("SHUTDOWN", Now, data.RootElement.Clone())), Now);
        }

        return MachineLifecycle.Next(state, exited, Now).Next.Status;
    }

    public static TheoryData<string?, ProcessEnd?, string?, MachineState, string> Ends => new()
    {
        { null, new ProcessEnd(null, 11), "old words", MachineState.Failed, "QEMU crashed (SIGSEGV)" },
        { null, new ProcessEnd(null, 6), null, MachineState.Failed, "QEMU crashed (SIGABRT)" },
        { null, new ProcessEnd(null, 9), "old words", MachineState.Failed, "QEMU was killed by SIGKILL" },
        { null, new ProcessEnd(null, 9) { OutOfMemory = true }, null, MachineState.Failed, "QEMU was killed by the host: out of memory" },
        { null, new ProcessEnd(null, 15), null, MachineState.Failed, "QEMU was ended by SIGTERM" },
        { null, new ProcessEnd(null, 40), null, MachineState.Failed, "QEMU was ended by signal 40" },
        { null, new ProcessEnd(1), "qemu: no", MachineState.Failed, "QEMU ended with code 1: qemu: no" },
        { null, new ProcessEnd(1), null, MachineState.Failed, "QEMU ended with code 1" },
        { null, new ProcessEnd(0), "qemu: fatal", MachineState.Failed, "QEMU ended: qemu: fatal" },
        { null, null, null, MachineState.Failed, "QEMU ended without a word: killed from outside, or it crashed" },
        { "guest-shutdown", new ProcessEnd(0), "old words", MachineState.Stopped, "the guest shut down" },
        { "guest-panic", new ProcessEnd(0), null, MachineState.Failed, "the guest's kernel panicked" },
        { "host-signal", new ProcessEnd(0), null, MachineState.Failed, "QEMU was ended from outside, by a signal" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void An_end_is_told_by_what_QEMU_and_the_kernel_say_of_it(string? shutdown, ProcessEnd? end, string? words, MachineState state, string reason)
    {
        MachineStatus status = After(Running, shutdown, new MachineMessage.Exited(words, end));

        Assert.Equal((state, reason), (status.State, status.Reason));
    }

    [Fact]
    public void Whatever_ends_a_machine_that_is_being_stopped_has_stopped_it()
    {
        (LifecycleState stopping, _) = MachineLifecycle.Next(Running, new MachineMessage.StopRequested(TimeSpan.Zero), Now);

        MachineStatus status = After(stopping, null, new MachineMessage.Exited(null, new ProcessEnd(null, 9)));

        Assert.Equal((MachineState.Stopped, null), (status.State, status.Reason));
    }

    [Fact]
    public void A_machine_that_the_host_had_no_memory_for_is_not_sent_to_QEMUs_log()
    {
        MachineStatus status = After(Running, null, new MachineMessage.Exited(null, new ProcessEnd(null, 9) { OutOfMemory = true }));

        Assert.Equal("give the machines less memory, or stop some; then: qemulab start control0", status.Hint);
    }

    [Fact]
    public void A_hanging_machine_can_be_stopped_and_its_answer_does_not_undo_that()
    {
        (LifecycleState silent, _) = MachineLifecycle.Next(Running, new MachineMessage.Unreachable("it hangs", 4711, Now), Now);
        Assert.Equal((MachineState.Unknown, 4711, ErrorKind.TimedOut), (silent.Status.State, silent.Status.ProcessId, silent.Status.Fault));

        (LifecycleState stopping, _) = MachineLifecycle.Next(silent, new MachineMessage.StopRequested(TimeSpan.Zero), Now);
        (LifecycleState answered, _) = MachineLifecycle.Next(stopping, new MachineMessage.Adopted(4711, Now, CpusRun: true), Now);

        Assert.Equal(MachineState.Stopping, answered.Status.State);
        Assert.Equal(MachineState.Running, MachineLifecycle.Next(silent, new MachineMessage.Adopted(4711, Now, CpusRun: true), Now).Next.Status.State);
    }
}
