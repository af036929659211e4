using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>
/// A lab's rootless network as decided: a switch process of our own, and slirp in a machine-less QEMU as its uplink.
/// slirp answers at three addresses of the subnet: the host (and default gateway) at .2, its DNS at .3.
/// </summary>
public sealed record NetworkPlan
{
    /// <summary>The lab's name; the network's files and processes carry it.</summary>
    public required string Name { get; init; }

    public required Subnet Subnet { get; init; }

    public required string Domain { get; init; }

    public IPAddress Gateway => Subnet.Address(2);

    public IPAddress Dns => Subnet.Address(3);

    /// <summary>Where slirp's DHCP begins, for guests without cloud-init: the upper half, away from fixed addresses.</summary>
    public IPAddress DhcpStart => Subnet.Address((int)Math.Min(Subnet.UsableAddresses - 20, 200));

    public required NetworkPaths Paths { get; init; }
}

/// <summary>The files of a running network; all sockets are short enough for <c>sun_path</c>.</summary>
/// <param name="Directory">run/LAB in QemuLab's home.</param>
public sealed record NetworkPaths(string Directory)
{
    /// <summary>The switch's control socket: one JSON request a line, one JSON answer a line.</summary>
    public string SwitchControl => Path.Combine(Directory, "switch.ctl");

    public string SwitchPid => Path.Combine(Directory, "switch.pid");

    /// <summary>Held by flock as long as the switch runs.</summary>
    public string SwitchLock => Path.Combine(Directory, "switch.lock");

    public string SwitchLog => Path.Combine(Directory, "switch.log");

    public string UplinkQmp => Path.Combine(Directory, "uplink.qmp");

    public string UplinkPid => Path.Combine(Directory, "uplink.pid");

    public string UplinkLog => Path.Combine(Directory, "uplink.log");

    /// <summary>Which machines are connected, and which processes serve them.</summary>
    public string Record => Path.Combine(Directory, "network.json");

    /// <summary>The datagram socket that the switch binds for one port.</summary>
    public string SwitchPort(string port) => Path.Combine(Directory, port + SwitchPortSuffix);

    /// <summary>The datagram socket that QEMU binds for one port.</summary>
    public string QemuPort(string port) => Path.Combine(Directory, port + QemuPortSuffix);

    public const string SwitchPortSuffix = ".s";

    public const string QemuPortSuffix = ".q";

    /// <summary>The name of the port that slirp is on; not a legal machine name, so that it cannot clash.</summary>
    public const string UplinkPort = "_up";
}
