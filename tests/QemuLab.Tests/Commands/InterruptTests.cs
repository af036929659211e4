using QemuLab.Engine.Machines;
using QemuLab.Integration.Tests;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>Ctrl-C at a terminal while a verb waits: it says what goes on, and that is true. Needs util-linux' setsid and stty.</summary>
public sealed class InterruptTests
{
    private const string Interrupt = "\u0003";

    [Fact]
    public async Task A_verb_that_is_left_says_what_goes_on_and_the_daemon_does_that()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync("name: l\nimage: micro\ngroups: { a: {}, b: {}, c: { dependsOn: [ b ] } }\n");
        FakeHypervisor machines = daemon.Lab.Hypervisor;
        MachineState state(string name) => daemon.Labs.Labs[0].Machines.First(machine => machine.Name == name).State;

        Assert.Contains("interrupted: only the wait has ended, the machines go on", await LeftAsync(daemon, () => true, "wait", "a", "--for", "stopped"), StringComparison.Ordinal);
        Assert.Equal(MachineState.Running, state("a"));

        machines.IgnoresButton.Add("c");
        Assert.Contains("interrupted: what was asked to stop stops, those that were to follow run on", await LeftAsync(daemon, () => state("c") == MachineState.Stopping, "stop", "b", "c"), StringComparison.Ordinal);
        await FakeLab.UntilAsync(() =>
        {
            daemon.Lab.Clock.Advance(TimeSpan.FromSeconds(30));
            return state("c") == MachineState.Stopped;
        });
        Assert.Equal(MachineState.Running, state("b"));

        daemon.Lab.Guests["c"] = FakeLab.Never;
        Assert.Contains("interrupted: what runs boots on, the others are not started", await LeftAsync(daemon, () => state("c") == MachineState.Running, "start", "c"), StringComparison.Ordinal);
        Assert.Equal(MachineState.Running, state("c"));

        using var held = new ManualResetEventSlim();
        using var reached = new ManualResetEventSlim();
        machines.Running["a"].OnSnapshot = _ =>
        {
            reached.Set();
            held.Wait(TimeSpan.FromSeconds(20));
        };
        Assert.Contains("interrupted: the snapshot is taken back, unless it is whole already: qemulab snapshot list l", await LeftAsync(daemon, () => reached.IsSet, "snapshot", "create", "s"), StringComparison.Ordinal);
        held.Set();
        await FakeLab.UntilAsync(() => machines.Running.Values.All(machine => !machine.IsHalted));
    }

    /// <summary>What a verb has shown that is left by Ctrl-C when something holds.</summary>
    private static async Task<string> LeftAsync(FakeDaemon daemon, Func<bool> when, params string[] arguments)
    {
        await using PseudoTerminal terminal = daemon.Show(80, 24, new Dictionary<string, string?>(), arguments);
        if (arguments[0] != "snapshot")
        {
            // The board is there: from then on it listens to Ctrl-C.
            await terminal.SeesAsync("\e[?25h");
        }

        await FakeLab.UntilAsync(when);
        terminal.Type(Interrupt);
        string shown = await terminal.ToEndAsync();
        Assert.Equal(130, await terminal.EndAsync());
        return shown;
    }
}
