using System.Collections.Concurrent;
using QemuLab.Engine;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Fakes;

/// <summary>A network that only keeps its books.</summary>
internal sealed class FakeNetwork : INetworkBackend
{
    public ConcurrentDictionary<string, ConcurrentDictionary<string, MachineConnection>> Up { get; } = new();

    /// <summary>Machines whose forwards cannot be set up.</summary>
    public HashSet<string> Refuses { get; } = [];

    public Task BringUpAsync(NetworkPlan network, CancellationToken cancellation = default)
    {
        Up.TryAdd(network.Name, new ConcurrentDictionary<string, MachineConnection>());
        return Task.CompletedTask;
    }

    public Task ConnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default)
    {
        if (Refuses.Contains(machine.Name))
        {
            throw new QemuLabException(ErrorKind.Failed, "port-taken", "the port is taken");
        }

        Up[network.Name][machine.Name] = machine;
        return Task.CompletedTask;
    }

    public Task DisconnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default)
    {
        Up.GetValueOrDefault(network.Name)?.TryRemove(machine.Name, out _);
        return Task.CompletedTask;
    }

    /// <summary>By the network's name: what was asked for last.</summary>
    public ConcurrentDictionary<string, NetworkImpairments> Impairments { get; } = new();

    public Task ImpairAsync(NetworkPlan network, NetworkImpairments impairments, CancellationToken cancellation = default)
    {
        Impairments[network.Name] = impairments;
        return Task.CompletedTask;
    }

    public Task CaptureAsync(NetworkPlan network, Stream pcapng, CancellationToken cancellation = default) => Task.CompletedTask;

    public Task TakeDownAsync(NetworkPlan network, CancellationToken cancellation = default)
    {
        Up.TryRemove(network.Name, out _);
        return Task.CompletedTask;
    }
}
