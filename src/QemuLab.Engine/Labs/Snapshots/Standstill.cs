using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>The end of the time that machines stand still for a snapshot.</summary>
internal static class Standstill
{
    private static readonly TimeSpan EventLimit = TimeSpan.FromSeconds(10);

    /// <summary>Lets a machine go on. QEMU tells of it by an event: whoever looks at the status next must not find it standing still.</summary>
    /// <exception cref="QemuLabException">QEMU refused it.</exception>
    public static async Task EndAsync(VirtualMachine machine)
    {
        await (machine.Running?.ContinueAsync(CancellationToken.None) ?? Task.CompletedTask);
        await ((Task)machine.WhenAsync(status => status.State != MachineState.Paused, CancellationToken.None).WaitAsync(EventLimit)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
