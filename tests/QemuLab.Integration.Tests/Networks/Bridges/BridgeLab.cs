using System.Net;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>A lab's network on a bridge in a namespace, with a folder of its own; several share one "host" by sharing the namespace and the folder.</summary>
internal sealed class BridgeLab : IDisposable
{
    private readonly NetworkNamespace host;

    public BridgeLab(NetworkNamespace host, string lab = "test", string subnet = "10.99.0.0/24", BridgeLab? beside = null)
    {
        this.host = host;
        Home = beside?.Home ?? Directory.CreateTempSubdirectory("qlb-").FullName;
        Plan = new NetworkPlan
        {
            Lab = lab,
            Mode = NetworkMode.Bridge,
            Subnet = Subnet.Parse(subnet),
            Domain = lab + ".lab",
            Bridge = InterfaceNames.Bridge(lab, NetworkPlan.MainName),
            Paths = new NetworkPaths(Path.Combine(Home, "run", lab)),
        };
        Backend = NewBackend();
    }

    public string Home { get; }

    public NetworkPlan Plan { get; set; }

    public LinuxBridgeNetwork Backend { get; }

    /// <summary>As a daemon that was started anew has it.</summary>
    public LinuxBridgeNetwork NewBackend(TapOwner? owner = null) => new(new NetworkRights(host), owner);

    public MachineConnection Machine(string name, int n, params PortForward[] forwards) =>
        new(name, Plan.Subnet.Address(n), forwards) { Mac = MacAddress.For(Plan.Lab, name, 0) };

    public async Task<MachineConnection> ConnectAsync(string name, int n, params PortForward[] forwards)
    {
        MachineConnection machine = Machine(name, n, forwards);
        await Backend.ConnectAsync(Plan, machine);
        return machine;
    }

    public string Tap(string machine) => InterfaceNames.Tap(Plan, machine);

    public TapPort Open(MachineConnection machine) => host.Within(() => new TapPort(Tap(machine.Name), machine.Mac));

    /// <summary>A machine with a whole IP stack: a namespace at the end of a cable that has the tap's place.</summary>
    public async Task<NetworkNamespace> ConnectStackAsync(string name, int n, params PortForward[] forwards)
    {
        NetworkNamespace stack = await NetworkNamespace.CreateAsync();
        MachineConnection machine = Machine(name, n, forwards);
        await host.CableAsync(Tap(name), stack, "eth0");
        await host.RunAsync("ip", "link", "set", Tap(name), "alias", InterfaceNames.Alias(Plan, name), "up");
        await stack.RunAsync("ip", "link", "set", "eth0", "address", machine.Mac.ToString(), "up");
        await stack.RunAsync("ip", "address", "add", $"{machine.Address}/{Plan.Subnet.PrefixLength}", "dev", "eth0");
        await stack.RunAsync("ip", "route", "add", "default", "via", Plan.Gateway!.ToString());
        await Backend.ConnectAsync(Plan, machine);
        return stack;
    }

    public static PortForward Forward(IPAddress host, int hostPort, int guestPort) => new(host, hostPort, guestPort, TransportProtocol.Tcp);

    public void Dispose()
    {
        if (Directory.Exists(Home))
        {
            Directory.Delete(Home, recursive: true);
        }
    }
}
