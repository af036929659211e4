using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>The time that machines stand still for a snapshot: its begin and its end.</summary>
internal static class Standstill
{
    private static readonly TimeSpan EventLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Stands a machine still. QEMU tells of it by an event, which must have been taken before the one of its end is waited for:
    /// or else the next snapshot may find it paused for a moment, and take it for one that a person has paused.
    /// </summary>
    /// <exception cref="QemuLabException">QEMU refused it.</exception>
    public static async Task BeginAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        machine.IsBeingSaved = true;
        await (machine.Running?.HaltAsync(cancellation) ?? Task.CompletedTask);
        await ((Task)machine.WhenAsync(status => status.State != MachineState.Running, cancellation).WaitAsync(EventLimit, cancellation)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Lets a machine go on. QEMU tells of it by an event: whoever looks at the status next must not find it standing still.</summary>
    /// <exception cref="QemuLabException">QEMU refused it.</exception>
    public static async Task EndAsync(VirtualMachine machine)
    {
        try
        {
            await (machine.Running?.ContinueAsync(CancellationToken.None) ?? Task.CompletedTask);
            await ((Task)machine.WhenAsync(status => status.State != MachineState.Paused, CancellationToken.None).WaitAsync(EventLimit)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            machine.IsBeingSaved = false;
        }
    }
}
