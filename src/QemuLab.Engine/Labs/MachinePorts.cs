using System.Net;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>The machines' places on their networks: given, looked at, taken away.</summary>
internal sealed class MachinePorts(INetworkBackend network)
{
    /// <summary>Gives the machine its place on each of its networks; nothing changes where it has it.</summary>
    public async Task ConnectAsync(MachinePlan plan, CancellationToken cancellation)
    {
        foreach (NicPlan nic in plan.Nics)
        {
            await network.ConnectAsync(nic.Network, Connection(plan, nic), cancellation);
        }
    }

    /// <summary>Whether QEMU, which does not tell, is on the taps that were made for it.</summary>
    /// <exception cref="QemuLabException">It is not (code <c>tap-lost</c>).</exception>
    public async Task EnsurePluggedAsync(MachinePlan plan, CancellationToken cancellation)
    {
        foreach (NicPlan nic in plan.Nics.Where(nic => nic.Tap is not null))
        {
            if ((await network.FindUnpluggedAsync(nic.Network, [plan.Name], cancellation)).Count > 0)
            {
                throw new QemuLabException(ErrorKind.Failed, "tap-lost", $"{plan.Name} has lost its tap {nic.Tap}: its QEMU is not on {nic.Network.Bridge}, and the NIC is dead", $"somebody removed it; run: qemulab restart {plan.Name}");
            }
        }
    }

    /// <summary>What the machine needs of one of its networks; what the host forwards to it goes by the first.</summary>
    public static MachineConnection Connection(MachinePlan plan, NicPlan nic)
    {
        PortForward[] ssh = nic.Network.HostIsOnIt ? [] : [new PortForward(IPAddress.Loopback, plan.SshPort, 22, TransportProtocol.Tcp)];
        return new MachineConnection(plan.Name, nic.Address, nic.Network.IsMain ? [.. ssh, .. plan.Spec.Ports] : [])
        {
            Mac = nic.Mac,
            SharedAddresses = nic.Network.IsMain && plan.VirtualIp is { Role: VirtualIpRole.Gateway } shared ? [shared.Ip.Address] : [],
            HiddenAddresses = nic.Network.IsMain && plan.VirtualIp is { Role: VirtualIpRole.Backend } hidden ? [hidden.Ip.Address] : [],
            RoutedNetworks = [.. nic.Network.Routes.Where(route => route.Via.Equals(nic.Address)).Select(route => route.To)],
        };
    }

    /// <summary>As soon as its networks are up.</summary>
    public async Task ConnectAsync(MachinePlan plan, Task networksUp, CancellationToken cancellation)
    {
        await networksUp;
        await ConnectAsync(plan, cancellation);
    }

    /// <summary>Whether its places may be taken away while QEMU ends, whose guest is not asked: none of them is a device of the host that QEMU has open.</summary>
    public static bool MayLeaveEarly(MachinePlan plan) => !plan.Nics.Any(nic => nic.Network.HostIsOnIt);

    /// <summary>Takes its places away; nothing happens where it has none.</summary>
    public async Task DisconnectAsync(MachinePlan plan, CancellationToken cancellation)
    {
        foreach (NicPlan nic in plan.Nics)
        {
            await network.DisconnectAsync(nic.Network, Connection(plan, nic), cancellation);
        }
    }
}
