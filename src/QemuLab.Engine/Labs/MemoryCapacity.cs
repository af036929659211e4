using System.Globalization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Whether a host has the memory that machines take. Pure.</summary>
internal static class MemoryCapacity
{
    /// <summary>Steps in which less memory is offered, and the least that is worth an offer.</summary>
    private const int StepInMiB = 4, LeastInMiB = 64;

    public static IEnumerable<PlanFault> Faults(LabPlan plan, Starting starting)
    {
        long needed = Needed(starting.Machines), free = Free(plan.Host, starting);
        if (needed > free * plan.MemoryOvercommit)
        {
            yield return new("memory-too-large", Message(plan, starting, needed, free), Hint(plan, starting, needed, free));
        }
    }

    public static string? Overcommitted(LabPlan plan, Starting starting)
    {
        long needed = Needed(starting.Machines), free = Free(plan.Host, starting);
        return needed > free && needed <= free * plan.MemoryOvercommit
            ? $"the machines may take {Text(needed)} of memory with QEMU's own, {FreeText(plan.Host, starting, free)}: the host may end one of them when they do"
            : null;
    }

    /// <summary>macOS tells what is free too late and too low, because it compresses: what it has counts there.</summary>
    private static long Free(HostFacts host, Starting starting) =>
        host.Platform == HostPlatform.Linux ? Math.Max(0, host.MemoryAvailable.Bytes - starting.Promised.Bytes) : host.MemoryTotal.Bytes;

    private static long Needed(IReadOnlyList<MachinePlan> machines) => machines.Sum(machine => MachineFootprint.Memory(machine).Bytes);

    private static string Message(LabPlan plan, Starting starting, long needed, long free)
    {
        ByteSize[] sizes = [.. starting.Machines.Select(machine => machine.Spec.Memory).Distinct()];
        string who = starting.Machines is [var only] ? $"{only.Name} with {only.Spec.Memory} needs"
            : $"{starting.Machines.Count} machines{(sizes is [var size] ? $" of {size}" : "")} need";
        string factor = plan.MemoryOvercommit == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" (overcommit allows {plan.MemoryOvercommit:0.##} times that)");
        int fit = Capacity.HowManyFit(starting.Machines, machine => MachineFootprint.Memory(machine).Bytes, (long)(free * plan.MemoryOvercommit));
        string fitting = starting.Machines.Count == 1 ? "" : $": {Capacity.Fitting(fit)}";
        return $"{who} {Text(needed)} of memory with QEMU's own, {FreeText(plan.Host, starting, free)}{factor}{fitting}";
    }

    private static string FreeText(HostFacts host, Starting starting, long free) =>
        host.Platform != HostPlatform.Linux ? $"the host has {Text(free)}"
        : starting.Promised.Bytes == 0 ? $"{Text(free)} are free"
        : $"{Text(free)} are free beside the {Text(starting.Promised.Bytes)} that machines that run may still take";

    private static string Hint(LabPlan plan, Starting starting, long needed, long free)
    {
        long room = (long)(free * plan.MemoryOvercommit);
        string? less = starting.Machines.Select(machine => machine.Spec.Memory).Distinct().Count() == 1
            ? Largest(starting, room) is { } each ? $"memory: {each}MiB {(starting.Machines.Count == 1 ? "fits" : "for each would fit")}" : null
            : Percent(starting, room) is { } percent ? $"{percent} % of the memory for each would fit" : null;
        decimal factor = free == 0 ? 0 : Math.Ceiling(needed * 10m / free) / 10;
        string? more = factor is > 0 and <= 100 ? string.Create(CultureInfo.InvariantCulture, $"or ask for more than there is: --set overcommit.memory={factor:0.#}, overcommit: {{ memory: {factor:0.#} }} in the lab file") : null;
        return string.Join("; ", new[] { less, "or stop what else runs here", more }.OfType<string>());
    }

    /// <summary>In MiB.</summary>
    private static long? Largest(Starting starting, long room)
    {
        long most = starting.Machines[0].Spec.Memory.InMiB / StepInMiB;
        long steps = Most(most, step => starting.Machines.Sum(machine => MachineFootprint.Memory(machine, ByteSize.FromMiB(step * StepInMiB)).Bytes) <= room);
        return steps * StepInMiB >= LeastInMiB ? steps * StepInMiB : null;
    }

    private static long? Percent(Starting starting, long room)
    {
        long percent = Most(100, step => starting.Machines.Sum(machine => MachineFootprint.Memory(machine, new ByteSize(machine.Spec.Memory.Bytes * step / 100)).Bytes) <= room);
        return percent >= 10 ? percent : null;
    }

    /// <summary>The largest step that fits; what is smaller than one that fits does too.</summary>
    private static long Most(long most, Func<long, bool> fits)
    {
        long least = 0;
        while (least < most)
        {
            long middle = (least + most + 1) / 2;
            (least, most) = fits(middle) ? (middle, most) : (least, middle - 1);
        }

        return least;
    }

    /// <summary>With one decimal: the figures are not more exact.</summary>
    private static string Text(long bytes) => bytes >= ByteSize.GiB
        ? string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / ByteSize.GiB:0.#}GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / ByteSize.MiB}MiB");
}
