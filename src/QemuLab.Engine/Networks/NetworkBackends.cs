using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Networks;

/// <summary>The backend of each mode behind one: a network is handed to the one that its plan names.</summary>
/// <param name="user">Of modes user and isolated.</param>
/// <param name="bridge">Of modes bridge and existing.</param>
public sealed class NetworkBackends(INetworkBackend user, INetworkBackend bridge) : INetworkBackend
{
    private readonly VmnetNetwork vmnet = new();

    public bool ConnectsBeforeStart(NetworkPlan network) => For(network).ConnectsBeforeStart(network);

    public Task BringUpAsync(NetworkPlan network, CancellationToken cancellation = default) => For(network).BringUpAsync(network, cancellation);

    public Task ConnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) => For(network).ConnectAsync(network, machine, cancellation);

    public Task DisconnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) => For(network).DisconnectAsync(network, machine, cancellation);

    public Task<IReadOnlyList<string>> FindUnpluggedAsync(NetworkPlan network, IReadOnlyList<string> machines, CancellationToken cancellation = default) => For(network).FindUnpluggedAsync(network, machines, cancellation);

    public Task<IReadOnlyDictionary<string, NetworkTraffic>> TrafficAsync(NetworkPlan network, IReadOnlyList<string> machines, CancellationToken cancellation = default) => For(network).TrafficAsync(network, machines, cancellation);

    public Task ImpairAsync(NetworkPlan network, NetworkImpairments impairments, CancellationToken cancellation = default) => For(network).ImpairAsync(network, impairments, cancellation);

    public Task CaptureAsync(NetworkPlan network, Stream pcapng, CancellationToken cancellation = default) => For(network).CaptureAsync(network, pcapng, cancellation);

    public Task TakeDownAsync(NetworkPlan network, CancellationToken cancellation = default) => For(network).TakeDownAsync(network, cancellation);

    private INetworkBackend For(NetworkPlan network) => network.Mode switch
    {
        NetworkMode.User or NetworkMode.Isolated => user,
        NetworkMode.Bridge or NetworkMode.Existing => bridge,
        _ => vmnet,
    };
}
