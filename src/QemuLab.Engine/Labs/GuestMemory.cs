using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>How much memory guests have while they run: what their balloon drivers are asked for, and whether they do it.</summary>
/// <param name="parts">The host, the clock.</param>
/// <param name="events">Told of what has come of it.</param>
internal sealed class GuestMemory(EngineParts parts, EventLog events)
{
    /// <summary>A guest gives gigabytes back within a second or two; one that swaps for it takes longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Asks for what the plan gives it; nothing where that is all that it was started with.</summary>
    public static Task ApplyAsync(IRunningMachine running, MachinePlan plan, CancellationToken cancellation) =>
        plan.Spec.MaxMemory is null ? Task.CompletedTask : running.SetMemoryAsync(plan.Spec.Memory, cancellation);

    /// <summary>Gives a machine more memory or less while it runs; what becomes of it is told by an event.</summary>
    /// <param name="machine">The machine; its plan has the new size then.</param>
    /// <param name="running">Its QEMU.</param>
    /// <param name="size">Not more than it was started with.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <exception cref="QemuLabException">The host has not so much, or QEMU refused it.</exception>
    public async Task ChangeAsync(VirtualMachine machine, IRunningMachine running, ByteSize size, CancellationToken cancellation)
    {
        string name = machine.Plan.Name;
        var more = new ByteSize(size.Bytes - (await running.QueryMemoryAsync(cancellation)).Bytes);
        ByteSize free = parts.Host.Facts.MemoryAvailable;
        if (more > free)
        {
            throw new QemuLabException(ErrorKind.Failed, "not-enough-memory", $"{name} is to have {more} more memory, {free} are free on this host", "give it less, or stop other machines");
        }

        machine.Plan = machine.Plan with { Spec = machine.Plan.Spec with { Memory = size } };
        await ApplyAsync(running, machine.Plan, cancellation);
        _ = TellAsync(machine, running, size);
    }

    private async Task TellAsync(VirtualMachine machine, IRunningMachine running, ByteSize asked)
    {
        MachinePlan plan = machine.Plan;
        try
        {
            ByteSize has = await running.QueryMemoryAsync();
            for (long began = parts.Clock.GetTimestamp(); has != asked && parts.Clock.GetElapsedTime(began) < Patience; has = await running.QueryMemoryAsync())
            {
                await Task.Delay(Look, parts.Clock);
            }

            if (machine.Plan.Spec.Memory != asked)
            {
                // Somebody has asked for another size meanwhile.
                return;
            }

            if (has == asked)
            {
                events.Add(LabEventKind.State, plan.Lab, plan.Name, "Changed", $"memory is {asked} now");
                return;
            }

            events.Add(LabEventKind.Warning, plan.Lab, plan.Name, "memory-not-taken", $"{plan.Name} was to have {asked} of memory and has {has}: its guest needs what it has, or has no balloon driver (virtio_balloon)");
        }
        catch (QemuLabException)
        {
            // It ends: so does this.
        }
    }
}
