using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    private const int EthernetMtu = 1500;

    private static void AddNetwork(QemuArguments arguments, MachinePlan plan, HostFacts host)
    {
        for (int i = 0; i < plan.Nics.Count; i++)
        {
            NicPlan nic = plan.Nics[i];
            string number = QemuArguments.Number(i);
            AddBackend(arguments, plan, nic, "lan" + number, host);

            // The guest is told of another MTU, so that what has no cloud-init has it too.
            (string, string)[] mtu = nic.Network.Mtu == EthernetMtu ? [] : [("host_mtu", QemuArguments.Number(nic.Network.Mtu))];
            arguments.AddOption(
                "-device",
                "virtio-net-pci",
                [("netdev", "lan" + number), ("id", "nic" + number), ("mac", nic.Mac.ToString()), ("romfile", ""), .. mtu],
                "the NIC; its address comes from lab and machine name; no boot ROM, else firmware tries the network first");
        }
    }

    private static void AddBackend(QemuArguments arguments, MachinePlan plan, NicPlan nic, string id, HostFacts host)
    {
        NetworkPlan network = nic.Network;
        _ = network.Mode switch
        {
            // One frame a datagram and nothing that is connected.
            NetworkMode.User or NetworkMode.Isolated => arguments.AddOption(
                "-netdev",
                "dgram",
                [("id", id), ("local.type", "unix"), ("local.path", network.Paths.QemuPort(plan.Name)), ("remote.type", "unix"), ("remote.path", network.Paths.SwitchPort(plan.Name))],
                "a port of the lab's switch; datagrams, so that the switch can be restarted"),
            NetworkMode.Bridge or NetworkMode.Existing => arguments.AddOption(
                "-netdev",
                "tap",
                [("id", id), ("ifname", nic.Tap!), ("script", "no"), ("downscript", "no"), .. host.HasVhostNet ? [("vhost", "on")] : Array.Empty<(string, string)>()],
                "a tap on the bridge, made before and owned by us, so that QEMU needs no rights"),
            NetworkMode.VmnetShared or NetworkMode.VmnetHost => arguments.AddOption(
                "-netdev",
                network.Mode.Word(),
                [("id", id), ("start-address", network.Subnet.Address(1).ToString()), ("end-address", network.Subnet.Address((int)network.Subnet.UsableAddresses).ToString()), ("subnet-mask", network.Subnet.Mask.ToString())],
                "macOS' vmnet.framework; needs root"),
            NetworkMode.VmnetBridged => arguments.AddOption("-netdev", "vmnet-bridged", [("id", id), ("ifname", network.Interface!)], "macOS' vmnet.framework on a physical interface; needs root"),
            NetworkMode.SocketVmnet => arguments.AddOption(
                "-netdev",
                "stream",
                [("id", id), ("server", "off"), ("addr.type", "unix"), ("addr.path", network.Interface!)],
                "socket_vmnet's socket, which speaks QEMU's stream protocol: no root"),
            _ => throw new ArgumentOutOfRangeException(nameof(nic), network.Mode, "not a planned mode"),
        };
    }
}
