namespace QemuLab.Engine.Networks;

/// <summary>
/// macOS' vmnet: QEMU itself, or socket_vmnet's daemon, makes the network with the first machine and takes it away with the
/// last. There is nothing for us to bring up, and nothing that we could make worse or watch.
/// </summary>
internal sealed class VmnetNetwork : INetworkBackend
{
    public Task BringUpAsync(NetworkPlan network, CancellationToken cancellation = default) => Task.CompletedTask;

    public Task ConnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) => Task.CompletedTask;

    public Task DisconnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) => Task.CompletedTask;

    public Task TakeDownAsync(NetworkPlan network, CancellationToken cancellation = default) => Task.CompletedTask;

    public Task ImpairAsync(NetworkPlan network, NetworkImpairments impairments, CancellationToken cancellation = default) =>
        impairments.IsEmpty ? Task.CompletedTask : throw NotHere(network, "made worse on purpose");

    public Task CaptureAsync(NetworkPlan network, Stream pcapng, CancellationToken cancellation = default) => throw NotHere(network, "captured");

    private static QemuLabException NotHere(NetworkPlan network, string what) =>
        new(ErrorKind.Failed, "not-supported", $"a network in mode {network.Mode.Word()} cannot be {what}", "use mode user, or macOS' own tcpdump on the bridge100 interface");
}
