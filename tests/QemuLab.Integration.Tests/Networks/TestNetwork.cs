using System.Net;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>A network of real processes in a temporary folder; whatever the test did, nothing of it is left afterwards.</summary>
internal sealed class TestNetwork : IAsyncDisposable
{
    public const string Qemu = "qemu-system-x86_64";

    private readonly List<ProcessIdentity> seen = [];

    public TestNetwork(string? qemu = null)
    {
        Home = Directory.CreateTempSubdirectory("qln-").FullName;
        Plan = new NetworkPlan
        {
            Lab = "test",
            Subnet = Subnet.Parse("10.99.0.0/24"),
            Domain = "test.lab",
            Paths = new NetworkPaths(Path.Combine(Home, "run")),
        };
        Backend = new UserModeNetwork(() => qemu ?? Qemu, Self, new CommandRunner());
    }

    /// <summary>This program, as it lies beside the tests.</summary>
    public static Command Self { get; } = new(Path.Combine(AppContext.BaseDirectory, "qemulab"));

    public string Home { get; }

    public NetworkPlan Plan { get; set; }

    public NetworkPaths Paths => Plan.Paths;

    public UserModeNetwork Backend { get; }

    public SwitchClient Switch => new(Paths);

    public ProcessIdentity SwitchProcess => Seen(Paths.SwitchPid);

    public ProcessIdentity UplinkProcess => Seen(Paths.UplinkPid);

    public IPAddress Address(int n) => Plan.Subnet.Address(n);

    public async Task BringUpAsync()
    {
        await Backend.BringUpAsync(Plan);
        _ = SwitchProcess;
        _ = Plan.HasUplink ? UplinkProcess : SwitchProcess;
    }

    /// <summary>Connects a machine and plays its QEMU.</summary>
    public async Task<TestPeer> ConnectAsync(string name, int n, params PortForward[] forwards)
    {
        await Backend.ConnectAsync(Plan, new MachineConnection(name, Address(n), forwards));
        return new TestPeer(Paths, name, (byte)n);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Backend.TakeDownAsync(Plan);
            Assert.DoesNotContain(seen, process => process.IsAlive);
        }
        finally
        {
            seen.ForEach(process => process.Kill());
            Directory.Delete(Home, recursive: true);
        }
    }

    private ProcessIdentity Seen(string pidFile)
    {
        ProcessIdentity process = ProcessIdentity.FromPidFile(pidFile) ?? throw new InvalidOperationException($"{pidFile} names no process");
        seen.Add(process);
        return process;
    }
}
