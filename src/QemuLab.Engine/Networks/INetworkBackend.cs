using System.Net;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Networks;

/// <summary>
/// Brings a lab's network up on this host and takes it away again. Every call is idempotent: it looks at what is there,
/// mends what is missing and leaves the rest alone, so that it also serves after a crash.
/// </summary>
public interface INetworkBackend
{
    /// <summary>Whether QEMU needs its port when it starts (a tap), or may start while it is made (a datagram socket).</summary>
    bool ConnectsBeforeStart(NetworkPlan network) => false;

    /// <summary>Starts what is not running: switch and uplink. Machines' traffic goes on where it was up already.</summary>
    /// <exception cref="QemuLabException">It cannot be brought up; what was begun has been taken back.</exception>
    Task BringUpAsync(NetworkPlan network, CancellationToken cancellation = default);

    /// <summary>Gives a machine its port on the switch and its forwards on the host.</summary>
    /// <exception cref="QemuLabException">A host port is taken (code <c>port-taken</c>).</exception>
    Task ConnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default);

    /// <summary>Takes the machine's port and forwards away; nothing happens where there are none.</summary>
    Task DisconnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default);

    /// <summary>
    /// Those of the running machines whose QEMU is not on the network: their tap was removed under them, or QEMU made one of its
    /// own, which as root it does without a word.
    /// </summary>
    Task<IReadOnlyList<string>> FindUnpluggedAsync(NetworkPlan network, IReadOnlyList<string> machines, CancellationToken cancellation = default) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>What has passed the machines' ports since they were made; of one that has none there is nothing.</summary>
    Task<IReadOnlyDictionary<string, NetworkTraffic>> TrafficAsync(NetworkPlan network, IReadOnlyList<string> machines, CancellationToken cancellation = default) =>
        Task.FromResult<IReadOnlyDictionary<string, NetworkTraffic>>(new Dictionary<string, NetworkTraffic>());

    /// <summary>Makes the network as bad as asked, and no worse: what is not asked for is healed.</summary>
    /// <exception cref="QemuLabException">The host's kernel cannot do one of it; nothing is changed then.</exception>
    Task ImpairAsync(NetworkPlan network, NetworkImpairments impairments, CancellationToken cancellation = default);

    /// <summary>Writes every frame on the network to the stream, as pcapng, until cancelled.</summary>
    Task CaptureAsync(NetworkPlan network, Stream pcapng, CancellationToken cancellation = default);

    /// <summary>Ends the processes and removes what was made on the host.</summary>
    Task TakeDownAsync(NetworkPlan network, CancellationToken cancellation = default);
}

/// <summary>What a machine needs of its network.</summary>
/// <param name="Name">The machine's, and its switch port's.</param>
/// <param name="Address">The machine's fixed address.</param>
/// <param name="Forwards">Host ports that lead to it, the one for SSH among them.</param>
public sealed record MachineConnection(string Name, IPAddress Address, IReadOnlyList<PortForward> Forwards)
{
    /// <summary>The NIC's; what a tap lets through.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>Addresses beside its own that it may send from and answer ARP for, as the gateway of a virtual IP does.</summary>
    public IReadOnlyList<IPAddress> SharedAddresses { get; init; } = [];

    /// <summary>Addresses beside its own that it may send from but never answers ARP for, as the servers behind a virtual IP do.</summary>
    public IReadOnlyList<IPAddress> HiddenAddresses { get; init; } = [];

    /// <summary>Networks that it routes for (the pods of a node): what comes from them passes too.</summary>
    public IReadOnlyList<Subnet> RoutedNetworks { get; init; } = [];
}
