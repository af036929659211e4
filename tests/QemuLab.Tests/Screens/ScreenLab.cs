using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Screens;

/// <summary>A lab in which there is something to be seen: a machine that is ready, one that boots, one that has failed, one that is stopped.</summary>
public sealed class ScreenLab : IAsyncLifetime
{
    internal const string File = """
        name: k8s
        image: micro
        network: { subnet: 10.77.0.0/24 }
        networks: { storage: { subnet: 10.78.0.0/24 } }
        groups:
          control: { count: 1, cpus: 2, memory: 2GiB, ports: [ "8080:80" ], labels: { role: control, zone: north } }
          worker: { count: 3, dependsOn: [ control ], labels: { role: worker } }
          database: { count: 1, memory: 4GiB, disk: 20GiB, labels: { role: database }, networks: [ { name: storage } ] }
        """;

    /// <summary>Uptimes are told in days and hours, and do not become others while the tests run.</summary>
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow - new TimeSpan(4, 3, 2, 0);

    /// <summary>Those after it came one after the other.</summary>
    internal string LastEventOfLaunch { get; private set; } = "";

    internal FakeDaemon Daemon { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var lab = new FakeLab(Now) { ParallelBoots = 100, Host = Fakes.Hosts.ByName["linux-x64-tcg"] };
        lab.Hypervisor.Now = lab.Clock.GetUtcNow;
        Daemon = await FakeDaemon.StartAsync(File, lab);
        try
        {
            await SetAsync(lab);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Also of one that could not be set; a second time does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Daemon is { } daemon)
        {
            Daemon = null!;
            await daemon.DisposeAsync();
        }
    }

    internal MachineState State(string name) => Daemon.Labs.Labs[0].Machines.First(machine => machine.Name == name).State;

    /// <summary>All that is to be seen.</summary>
    private async Task SetAsync(FakeLab lab)
    {
        string written = System.IO.Path.Combine(lab.Paths.Home, "lab.yaml");
        await System.IO.File.WriteAllTextAsync(written, File);
        await System.IO.File.WriteAllTextAsync(System.IO.Path.Combine(lab.Paths.Home, "changed.yaml"), File.Replace("memory: 2GiB", "memory: 3GiB", StringComparison.Ordinal).Replace("count: 3", "count: 4", StringComparison.Ordinal));
        await System.IO.File.WriteAllTextAsync(System.IO.Path.Combine(lab.Paths.Home, "broken.yaml"), "name: k8s\nimage: micro\ngroups:\n  control: { cpu: 2, memory: 2 bananas }\n  worker: { count: many, dependsOn: [ contrl ] }\n");

        await RunAsync("snapshot", "create", "fresh", "-m", "as launch-all left it");
        lab.Clock.Advance(TimeSpan.FromSeconds(61));
        await RunAsync("snapshot", "create", "joined", "-m", "all nodes have joined, and the storage network is up and carries the volumes");

        LastEventOfLaunch = Daemon.Labs.Events.Since(0)[^1].Id.ToString(CultureInfo.InvariantCulture);
        lab.Guests["worker0"] = FakeLab.Never;
        lab.Arrivals["worker0"] = new ReadinessUpdate(BootPhase.Login, "cloud-init: modules-config");
        await RunAsync("restart", "worker0", "--no-wait", "--force");
        await FakeLab.UntilAsync(() => Daemon.Labs.Labs[0].Machines.Any(machine => machine.Phase == BootPhase.Login));
        await RunAsync("stop", "worker2", "--force");
        lab.Hypervisor.Running["worker1"].End("qemu-system-x86_64: terminating on signal 9");
        await FakeLab.UntilAsync(() => State("worker1") == MachineState.Failed);
        lab.Hypervisor.Running["database0"].Tell("BLOCK_IO_ERROR", """{"node-name":"disk-root","operation":"write","action":"report","nospace":false,"reason":"Input/output error"}""");
        await FakeLab.UntilAsync(() => Daemon.Labs.Labs[0].Machines.Any(machine => machine.Alarms.Count > 0));

        Write("control0", ["Linux version 6.1.0-30-cloud-amd64", "micro: init", "micro: network up: eth0", "micro: sshd up", "cloud done: control0"]);
        Write("worker0", ["micro: init", "micro: error: runcmd: command 1 failed with status 1 (the last line of output is: curl: (6) Could not resolve host: get.k3s.io)"]);
        Boots("control0", 14.2, 13.9, 13.8, 41.6);
        Daemon.Usage = Usage;
    }

    private async Task RunAsync(params string[] arguments)
    {
        CommandResult result = await Daemon.RunAsync(arguments);
        Assert.True(result.Succeeded, $"qemulab {string.Join(' ', arguments)}: {result.Error}");
    }

    private void Write(string machine, string[] lines) => System.IO.File.WriteAllText(Daemon.Lab.Paths.Machine("k8s", machine).SerialLog, string.Concat(lines.Select(line => line + "\r\n")));

    /// <summary>Boots that took so long, the last of them as slow as a user would ask why.</summary>
    private void Boots(string machine, params double[] seconds)
    {
        string path = Daemon.Lab.Paths.Machine("k8s", machine).Boots;
        System.IO.File.Delete(path);
        var log = new BootLog(path);
        foreach ((double all, int i) in seconds.Select((all, i) => (all, i)))
        {
            DateTimeOffset start = new(2030, 1, 1 + i, 8, 30, 0, TimeSpan.Zero);
            (BootStage Stage, double At)[] marks =
            [
                (BootStage.Firmware, 0.1), (BootStage.BootLoader, 0.9), (BootStage.Kernel, 1.2), (BootStage.Initramfs, 2.5), (BootStage.Init, 3.1), (BootStage.CloudInitLocal, 4.4), (BootStage.CloudInitNetwork, 5.2),
                (BootStage.Sshd, 6.5), (BootStage.CloudInitConfig, 7.0), (BootStage.CloudInitFinal, 8.0), (BootStage.Login, 8.2),
            ];
            Boot boot = marks.Aggregate(Boot.Begin(i == 1 ? BootOrigin.Reset : BootOrigin.Start, 1000, start, start, 0), (boot, mark) => boot.Reach(mark.Stage, start.AddSeconds(mark.At)));
            log.Begin(boot.Finish(BootEnd.Ready, start.AddSeconds(all)));
        }
    }

    private int looks;

    /// <summary>Each look is a second after the one before it, whenever it is.</summary>
    private IReadOnlyList<MachineUsageView> Usage()
    {
        int i = Interlocked.Increment(ref looks);
        DateTimeOffset at = Now.AddSeconds(i);
        return
        [
            new("k8s", "control0", at, 1.37 * i, 2_147_483_648, 1_500_000L * i, 250_000L * i, 12_000_000L * i, 900L * i),
            new("k8s", "worker0", at, 0.02 * i, 180_000_000, 0, 4096L * i, 0, 0),
            new("k8s", "database0", at, 0.98 * i, 4_294_967_296, null, null, null, null),
        ];
    }
}
