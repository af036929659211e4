namespace QemuLab.Engine.Networks;

/// <summary>How a network is made on the host, as the lab file says it.</summary>
public enum NetworkMode
{
    /// <summary><see cref="Bridge"/> where QemuLab may, <see cref="User"/> otherwise; only asked for, never planned.</summary>
    Auto,

    /// <summary>Rootless: a switch of our own, and slirp as its way out.</summary>
    User,

    /// <summary>A Linux bridge of our own with a tap for each machine, routed and masqueraded by the host.</summary>
    Bridge,

    /// <summary>Taps on a Linux bridge that somebody else owns, of which nothing but our ports is changed.</summary>
    Existing,

    /// <summary>Machines reach each other and nothing else, on a switch of our own.</summary>
    Isolated,

    /// <summary>macOS: vmnet.framework, with NAT to the outside.</summary>
    VmnetShared,

    /// <summary>macOS: vmnet.framework, machines and host only.</summary>
    VmnetHost,

    /// <summary>macOS: vmnet.framework, on a physical interface.</summary>
    VmnetBridged,

    /// <summary>macOS: vmnet through the socket of the socket_vmnet daemon, so that QEMU needs no root.</summary>
    SocketVmnet,
}
