using System.Globalization;
using System.Text;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>A real guest of the micro image on a test network: booted directly, under TCG, with a seed of its own.</summary>
internal sealed class MicroGuest
{
    private static readonly CommandRunner Runner = new();

    private readonly TestNetwork network;
    private readonly string name;
    private readonly int number;
    private readonly int sshPort = TestPorts.Free();
    private ProcessIdentity? process;

    public MicroGuest(TestNetwork network, string name, int number) => (this.network, this.name, this.number) = (network, name, number);

    /// <summary>A folder with disk.qcow2, kernel, initrd and cmdline.</summary>
    public static string Image { get; private set; } = "";

    /// <summary>Has the micro image built, where no earlier test has.</summary>
    public static async Task EnsureImageAsync()
    {
        await using var home = new TestHome();
        await home.OutputAsync("image", "pull", "micro");
        Image = Directory.EnumerateFiles(Path.Combine(TestHome.SharedImages, "micro"), "disk.qcow2", SearchOption.AllDirectories)
            .Select(disk => Path.GetDirectoryName(disk)!)
            .OrderByDescending(Directory.GetCreationTimeUtc)
            .First();
    }

    /// <summary>The guest asks DHCP for its address instead of being told it by its seed.</summary>
    public bool UsesDhcp { get; init; }

    public string Address => network.Address(number).ToString();

    private string Key => In("key");

    public async Task StartAsync()
    {
        var forward = new PortForward(System.Net.IPAddress.Loopback, sshPort, 22, TransportProtocol.Tcp);
        await network.Backend.ConnectAsync(network.Plan, new MachineConnection(name, network.Address(number), [forward]));
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Key);
        await WriteSeedAsync();
        await RunAsync("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", Path.Combine(Image, "disk.qcow2"), In("disk"), "256M");
        await RunAsync(TestNetwork.Qemu, Arguments());
        process = ProcessIdentity.FromPidFile(In("qemu-pid"));
    }

    /// <summary>Runs a command in the guest through the forward and returns what it printed; tried again until the deadline.</summary>
    public async Task<string> SshAsync(string command, int seconds = 60)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (true)
        {
            CommandResult result = await Runner.RunAsync(new Command(
                "ssh", "-F", "none", "-i", Key, "-p", sshPort.ToString(CultureInfo.InvariantCulture), "-o", "BatchMode=yes", "-o", "ConnectTimeout=1",
                "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "lab@127.0.0.1", command)
            { TimeLimit = TimeSpan.FromSeconds(seconds) }, CancellationToken.None);
            if (result.ExitCode != 255 && !result.TimedOut)
            {
                return result.Output.Trim() + (result.Succeeded ? "" : $" [exit {result.ExitCode}: {result.Error.Trim()}]");
            }

            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"{name}: {result.Error}\n{string.Join('\n', File.ReadLines(In("serial")).TakeLast(15))}");
            }
        }
    }

    public void Kill() => process?.Kill();

    private string[] Arguments() =>
    [
        "-nodefaults", "-no-user-config", "-machine", "q35", "-accel", "tcg", "-cpu", "Nehalem", "-m", "128", "-display", "none",
        "-kernel", Path.Combine(Image, "kernel"), "-initrd", Path.Combine(Image, "initrd"),
        "-append", File.ReadAllText(Path.Combine(Image, "cmdline")).Trim(),
        "-drive", $"file={In("disk")},if=virtio,format=qcow2,cache=unsafe", "-drive", $"file={In("seed")},if=virtio,format=raw,readonly=on",
        "-netdev", $"dgram,id=l0,local.type=unix,local.path={network.Paths.QemuPort(name)},remote.type=unix,remote.path={network.Paths.SwitchPort(name)}",
        "-device", $"virtio-net-pci,netdev=l0,mac={Mac},romfile=", "-device", "virtio-rng-pci",
        "-serial", "file:" + In("serial"), "-daemonize", "-pidfile", In("qemu-pid"),
    ];

    private string Mac => MacOf(number).ToString();

    /// <summary>The NIC's, by the number of the guest's address.</summary>
    public static MacAddress MacOf(int number) => new(0x5254_0000_0100UL + (ulong)number);

    private async Task WriteSeedAsync()
    {
        string folder = Directory.CreateDirectory(In("seed.d")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "meta-data"), $"instance-id: {name}-1\nlocal-hostname: {name}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "user-data"), $"""
            #cloud-config
            users:
              - name: lab
                shell: /bin/sh
                ssh_authorized_keys:
                  - {(await File.ReadAllTextAsync(Key + ".pub", Encoding.ASCII)).Trim()}
            runcmd:
              - [mkdir, -p, /www]
              - "echo page of {name} > /www/index.html"
              - "dd if=/dev/zero of=/www/big bs=1M count=24"
              - [httpd, -h, /www]

            """);
        string[] addresses = UsesDhcp ? ["dhcp4: true"]
            : network.Plan.Gateway is { } gateway ? [$"addresses: [{Address}/24]", $"gateway4: {gateway}", .. Names()]
            : [$"addresses: [{Address}/24]", .. Names()];
        await File.WriteAllTextAsync(Path.Combine(folder, "network-config"), $"""
            version: 2
            ethernets:
              lan:
                match:
                  macaddress: "{Mac}"
                set-name: eth0
                {string.Join("\n    ", addresses)}

            """);
        await RunAsync("genisoimage", "-quiet", "-V", "cidata", "-J", "-r", "-o", In("seed"), folder);
    }

    private string[] Names() => ["nameservers:", $"  addresses: [{network.Plan.Dns}]", $"  search: [{network.Plan.Domain}]"];

    private static async Task RunAsync(string program, params string[] arguments)
    {
        CommandResult result = await Runner.RunAsync(new Command(program, arguments) { TimeLimit = TimeSpan.FromSeconds(20) });
        Assert.True(result.Succeeded, $"{program}: {result.Error}");
    }

    private string In(string file) => Path.Combine(network.Home, $"{name}-{file}");
}
