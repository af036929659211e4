using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    /// <summary>
    /// One NIC on the lab's switch, by Unix datagrams: one frame a datagram and nothing that is connected, so that the switch
    /// can be restarted under a running guest. <c>romfile</c> is empty because firmware would first try to boot from the network.
    /// </summary>
    private static void AddNetwork(QemuArguments arguments, MachinePlan plan, NetworkPaths network) => arguments
        .AddOption(
            "-netdev",
            "dgram",
            [("id", "lan0"), ("local.type", "unix"), ("local.path", network.QemuPort(plan.Name)), ("remote.type", "unix"), ("remote.path", network.SwitchPort(plan.Name))],
            "a port of the lab's switch; datagrams, so that the switch can be restarted")
        .AddOption(
            "-device",
            "virtio-net-pci",
            [("netdev", "lan0"), ("id", "nic0"), ("mac", plan.Mac.ToString()), ("romfile", "")],
            "the NIC; its address comes from lab and machine name; no boot ROM, else firmware tries the network first");
}
