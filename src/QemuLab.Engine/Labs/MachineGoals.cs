using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>What a machine is asked to be, and how it gets there.</summary>
/// <param name="State">One of <see cref="MachineGoals.States"/>.</param>
/// <param name="Start">How it is started, where it must be; with its wait a machine that is to run is awaited, however it came to.</param>
/// <param name="Stop">How it is stopped, where it must be.</param>
public sealed record MachineGoal(MachineState State, LaunchOptions Start, StopOptions Stop);

/// <summary>Brings machines to a state from whichever they are in. Where one is there already nothing happens, so that the same may be asked for again and again.</summary>
public sealed class MachineGoals
{
    /// <summary>So often somebody else may be quicker, before that is told.</summary>
    private const int Attempts = 3;

    /// <summary>What a verb says to a machine that has become another one since it was looked at.</summary>
    private static readonly string[] Overtaken = ["machine-runs", "machine-not-running", "machine-starting", "machine-ended"];

    private readonly LabMachines machines;
    private readonly LabPower power;
    private readonly LabRegistry labs;

    internal MachineGoals(LabMachines machines, LabPower power, LabRegistry labs) => (this.machines, this.power, this.labs) = (machines, power, labs);

    /// <summary>The states that can be asked for.</summary>
    public static IReadOnlyList<MachineState> States { get; } = [MachineState.Running, MachineState.Paused, MachineState.Stopped, MachineState.Suspended];

    /// <returns>Whether anything had to be done.</returns>
    /// <exception cref="QemuLabException">There is no such machine, it cannot get there from where it is, or it failed on the way.</exception>
    public async Task<bool> ReachAsync(string lab, string name, MachineGoal goal, CancellationToken cancellation = default)
    {
        VirtualMachine machine = labs.Entry(lab).Find(name)
            ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"there is no machine '{name}' in lab {lab}", "run: qemulab list");
        for (int attempt = 1; ; attempt++)
        {
            MachineStatus now = await machine.WhenAsync(status => IsSettled(status, goal), cancellation);
            if (IsThere(machine, now, goal))
            {
                await AwaitAsync(lab, name, goal, cancellation);
                return attempt > 1;
            }

            try
            {
                await GoAsync(lab, name, now, goal, cancellation);
                return true;
            }
            catch (QemuLabException quicker) when (attempt < Attempts && Overtaken.Contains(quicker.Code) && machine.Status.State != now.State)
            {
                // Looked at again: it may be there by now.
            }
        }
    }

    /// <summary>What comes or goes is waited for; but a stop that is under way may be made a shorter one.</summary>
    private static bool IsSettled(MachineStatus status, MachineGoal goal) =>
        status.State is not (MachineState.Provisioning or MachineState.Starting) && (status.State != MachineState.Stopping || goal.State == MachineState.Stopped);

    /// <summary>A machine that has failed has no QEMU either; one whose start waits for others is still to be stopped.</summary>
    private static bool IsThere(VirtualMachine machine, MachineStatus now, MachineGoal goal) => goal.State == MachineState.Stopped
        ? now.State is MachineState.Stopped or MachineState.Failed && !machine.AwaitsStart
        : now.State == goal.State;

    private async Task GoAsync(string lab, string name, MachineStatus now, MachineGoal goal, CancellationToken cancellation)
    {
        switch (goal.State, now.State)
        {
            case (MachineState.Running, MachineState.Paused):
                await power.UnpauseAsync(lab, name, cancellation);
                await AwaitAsync(lab, name, goal, cancellation);
                break;
            case (MachineState.Paused, MachineState.Running):
                await power.PauseAsync(lab, name, cancellation);
                break;
            case (MachineState.Running, _):
                await StartAsync(lab, name, goal.Start, cancellation);
                break;
            case (MachineState.Paused, _):
                await StartAsync(lab, name, goal.Start with { Paused = true, Wait = false }, cancellation);
                break;
            case (MachineState.Suspended, _):
                await power.SuspendAsync(lab, [name], cancellation);
                break;
            default:
                await machines.StopAsync(lab, name, goal.Stop, cancellation);
                break;
        }
    }

    private async Task StartAsync(string lab, string name, LaunchOptions options, CancellationToken cancellation)
    {
        MachineLaunch launch = await machines.StartAsync(lab, name, options, cancellation);
        if (launch.Error is { } error)
        {
            throw new QemuLabException(launch.Kind ?? ErrorKind.Failed, "start-failed", $"{name}: {error}", launch.Hint) { ExitCode = launch.ExitCode };
        }
    }

    /// <summary>One that runs already, or again, may still be booting.</summary>
    private Task AwaitAsync(string lab, string name, MachineGoal goal, CancellationToken cancellation) => goal is { State: MachineState.Running, Start.Wait: true }
        ? power.WaitAsync(lab, name, MachineWait.Parse("ready"), goal.Start.TimeLimit, cancellation)
        : Task.CompletedTask;
}
