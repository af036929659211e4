using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>
/// Brings a lab's network up on this host and takes it away again. Every call is idempotent: it looks at what is there,
/// mends what is missing and leaves the rest alone, so that it also serves after a crash.
/// </summary>
public interface INetworkBackend
{
    /// <summary>Starts what is not running: switch and uplink. Machines' traffic goes on where it was up already.</summary>
    /// <exception cref="QemuLabException">It cannot be brought up; what was begun has been taken back.</exception>
    Task BringUpAsync(NetworkPlan network, CancellationToken cancellation = default);

    /// <summary>Gives a machine its port on the switch and its forwards on the host.</summary>
    /// <exception cref="QemuLabException">A host port is taken (code <c>port-taken</c>).</exception>
    Task ConnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default);

    /// <summary>Takes the machine's port and forwards away; nothing happens where there are none.</summary>
    Task DisconnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default);

    /// <summary>Ends the processes and removes the sockets.</summary>
    Task TakeDownAsync(NetworkPlan network, CancellationToken cancellation = default);
}

/// <summary>What a machine needs of its network.</summary>
/// <param name="Name">The switch port's name.</param>
/// <param name="Address">The machine's fixed address.</param>
/// <param name="Forwards">Host ports that lead to it, the one for SSH among them.</param>
public sealed record MachineConnection(string Name, IPAddress Address, IReadOnlyList<PortForward> Forwards);
