using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Ssh;

namespace QemuLab.Integration.Tests.Ssh;

/// <summary>
/// OpenSSH's server on a port of 127.0.0.1, with its own config and the keys that QemuLab made, standing in for a machine's.
/// It lets in the user who runs the tests, and is ended by its pid.
/// </summary>
internal sealed class TestSshServer : IAsyncDisposable
{
    private Process? server;

    private TestSshServer(string home)
    {
        Paths = new StatePaths(home);
        Lab = MakeLab(Paths, FreePort());
        Files = new SshFiles(Paths, Runner);
    }

    public CommandRunner Runner { get; } = new();

    public StatePaths Paths { get; }

    public LabPlan Lab { get; }

    public SshFiles Files { get; }

    public MachinePlan Machine => Lab.Machines[0];

    public string Config => Paths.SshConfig(Lab.Name);

    public static async Task<TestSshServer> StartAsync(string prefix = "ql-ssh-")
    {
        var test = new TestSshServer(Directory.CreateTempSubdirectory(prefix).FullName);
        Directory.CreateDirectory(test.Machine.Directory.RunPath);
        Directory.CreateDirectory(test.Machine.Directory.Path);
        await test.Files.WriteAsync(test.Lab);
        await File.WriteAllTextAsync(test.In("authorized_keys"), await test.Files.AuthorizedKeyAsync() + "\n");
        test.StartServer();
        return test;
    }

    /// <summary>Starts the server with the machine's host key as it is now.</summary>
    public void StartServer()
    {
        File.WriteAllText(In("sshd_config"), $"""
            Port {Machine.SshPort}
            ListenAddress 127.0.0.1
            HostKey "{Machine.Directory.HostKey}"
            AuthorizedKeysFile "{In("authorized_keys").Replace("%", "%%", StringComparison.Ordinal)}"
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PidFile none
            UsePAM no
            StrictModes no
            PermitRootLogin prohibit-password
            MaxSessions 100
            # The login shell finds nobody's start files, which would take their time and say what is theirs.
            SetEnv HOME="{In("")}"

            """);
        if (Environment.UserName == "root")
        {
            // Where sshd, run as root, insists on an empty folder of its own; a boot makes it, a container may not.
            Directory.CreateDirectory("/run/sshd");
        }

        server = Process.Start(new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-e", "-f", In("sshd_config"), "-E", In("sshd.log")]))!;
    }

    public void StopServer()
    {
        server?.Kill(entireProcessTree: true);
        server?.WaitForExit(5000);
        server?.Dispose();
        server = null;
    }

    public Task<CommandResult> RunAsync(params string[] words) =>
        Runner.RunAsync(SshCommand.For(Config, Machine.Name, words, RemoteTerminal.No) with { TimeLimit = TimeSpan.FromSeconds(60) });

    public Task ReadyAsync() =>
        new SshReadiness(Runner, TimeProvider.System).WaitAsync(ReadinessTarget.For(Machine, Paths), new ReadinessOptions { NoProgressLimit = TimeSpan.FromSeconds(60) });

    public string In(string file) => Path.Combine(Paths.Home, file);

    public async ValueTask DisposeAsync()
    {
        await SshCommand.CloseMasterAsync(Config, Machine, Runner);
        StopServer();
        Directory.Delete(Paths.Home, recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static LabPlan MakeLab(StatePaths paths, int port)
    {
        var host = new HostFacts
        {
            Platform = HostPlatform.Linux,
            Architecture = System.Runtime.InteropServices.Architecture.X64,
            KernelRelease = "6",
            Cores = 1,
            MemoryTotal = ByteSize.FromGiB(1),
            MemoryAvailable = ByteSize.FromGiB(1),
            DiskFree = ByteSize.FromGiB(1),
        };
        var network = new NetworkPlan { Lab = "demo", Subnet = Subnet.Parse("10.99.0.0/24"), Domain = "demo.lab", Paths = paths.Network("demo") };
        var machine = new MachinePlan
        {
            Lab = "demo",
            Spec = new MachineSpec { Name = MachineName.Parse("box"), Group = MachineName.Parse("box"), Image = "none", Cpus = 1, Memory = ByteSize.FromMiB(64) },
            Uuid = Guid.Empty,
            Nics = [new NicPlan(network, MacAddress.For("demo", "box", 0), IPAddress.Parse("10.99.0.10"))],
            SshPort = port,
            LoginUser = Environment.UserName,
            Shell = "/bin/sh",
            Accelerator = new AcceleratorFacts(Accelerator.Tcg, "max", null),
            CpuModel = "max",
            Firmware = new FirmwarePlan.Bios(),
            Disks = [],
            Directory = paths.Machine("demo", "box"),
        };
        return new LabPlan { Name = "demo", Host = host, Networks = [network], Machines = [machine] };
    }
}
