using System.Net;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks.Bridges;

/// <summary>Networks on bridges, as the planner makes them.</summary>
internal static class Plans
{
    public static NetworkPlan Bridge(string lab = "k8s") => new()
    {
        Lab = lab,
        Mode = NetworkMode.Bridge,
        Subnet = Subnet.Parse("10.77.0.0/24"),
        Domain = lab + ".lab",
        Bridge = InterfaceNames.Bridge(lab, NetworkPlan.MainName),
        Paths = new NetworkPaths("/home/ann/.local/share/qemulab/run/" + lab),
    };

    public static MachineConnection Machine(string name, int n, params PortForward[] forwards) =>
        new(name, Bridge().Subnet.Address(n), forwards) { Mac = MacAddress.For("k8s", name, 0) };

    public static PortForward Tcp(string host, int hostPort, int guestPort) => new(IPAddress.Parse(host), hostPort, guestPort, TransportProtocol.Tcp);
}
