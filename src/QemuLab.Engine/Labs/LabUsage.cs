using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>What the machines that run take of the host. Asked of kernel, QEMU and networks when somebody wants to know, and not kept.</summary>
public sealed class LabUsage
{
    /// <summary>A QEMU or a switch that is silent holds nobody up: its figures are missing then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly EngineParts parts;
    private readonly LabRegistry labs;

    internal LabUsage(EngineParts parts, LabRegistry labs) => (this.parts, this.labs) = (parts, labs);

    /// <summary>Every machine that has a QEMU, in the labs' order.</summary>
    /// <param name="lab">Only this lab's; null: all.</param>
    /// <param name="cancellation">Stops the asking.</param>
    public async Task<IReadOnlyList<MachineUsage>> OfAsync(string? lab, CancellationToken cancellation = default)
    {
        LabEntry[] asked = [.. labs.All.Where(entry => lab is null || entry.Name == lab)];
        IReadOnlyList<MachineUsage>[] usages = await Task.WhenAll(asked.Select(entry => OfAsync(entry, cancellation)));
        return [.. usages.SelectMany(usage => usage)];
    }

    private async Task<IReadOnlyList<MachineUsage>> OfAsync(LabEntry entry, CancellationToken cancellation)
    {
        VirtualMachine[] up = [.. entry.Machines.Where(machine => machine.Running is not null)];
        if (up.Length == 0)
        {
            return [];
        }

        IReadOnlyDictionary<string, NetworkTraffic> traffic = await NetworksAsync(entry.Plan, cancellation);
        MachineUsage?[] usages = await Task.WhenAll(up.Select(machine => OfAsync(machine, traffic.GetValueOrDefault(machine.Plan.Name), cancellation)));
        return [.. usages.OfType<MachineUsage>()];
    }

    private async Task<MachineUsage?> OfAsync(VirtualMachine machine, NetworkTraffic? traffic, CancellationToken cancellation)
    {
        if (machine.Running is not { } running || ProcessUsage.Of(running.ProcessId) is not { } process)
        {
            return null;
        }

        DateTimeOffset now = parts.Clock.GetUtcNow();
        DiskTraffic? disks = await WithinAsync(token => running.QueryDiskTrafficAsync(token), cancellation);
        return new MachineUsage(machine.Plan.Lab, machine.Plan.Name, now, process.Cpu, process.Memory, disks, traffic);
    }

    /// <summary>By machine, all its NICs together.</summary>
    private async Task<IReadOnlyDictionary<string, NetworkTraffic>> NetworksAsync(LabPlan plan, CancellationToken cancellation)
    {
        string[] machines = [.. plan.Machines.Select(machine => machine.Name)];
        IReadOnlyDictionary<string, NetworkTraffic>?[] networks = await Task.WhenAll(
            plan.Networks.Select(network => WithinAsync(token => parts.Network.TrafficAsync(network, machines, token), cancellation)));
        return networks.OfType<IReadOnlyDictionary<string, NetworkTraffic>>().SelectMany(network => network)
            .GroupBy(port => port.Key)
            .ToDictionary(port => port.Key, port => new NetworkTraffic(port.Sum(one => one.Value.Received), port.Sum(one => one.Value.Sent)));
    }

    private async Task<T?> WithinAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellation) where T : class
    {
        using var limit = new CancellationTokenSource(Patience, parts.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await ask(both.Token);
        }
        catch (Exception silent) when (silent is QemuLabException or IOException || (silent is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }
}
