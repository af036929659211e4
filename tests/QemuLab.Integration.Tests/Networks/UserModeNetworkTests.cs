using System.Diagnostics;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>Needs qemu-system-x86_64; boots nothing.</summary>
public sealed class UserModeNetworkTests
{
    private const int Limit = 30_000;

    [Fact(Timeout = Limit)]
    public async Task The_gateway_answers_ARP_through_the_switch()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        using TestPeer peer = await network.ConnectAsync("one", 11);

        peer.AskFor(network.Plan.Gateway!, network.Address(11));
        byte[] answer = await peer.ReceiveAsync();

        Assert.Equal(peer.Mac, answer[..6]);
        Assert.Equal([8, 6], answer[12..14]);
        Assert.Equal(network.Plan.Gateway!.GetAddressBytes(), answer[28..32]);
    }

    [Fact(Timeout = Limit)]
    public async Task Bringing_up_twice_starts_nothing_twice()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        (ProcessIdentity, ProcessIdentity) before = (network.SwitchProcess, network.UplinkProcess);

        await network.BringUpAsync();

        Assert.Equal(before, (network.SwitchProcess, network.UplinkProcess));
    }

    [Fact(Timeout = Limit)]
    public async Task A_killed_switch_is_replaced_and_its_machines_go_on_untouched()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        using TestPeer one = await network.ConnectAsync("one", 11);
        using TestPeer two = await network.ConnectAsync("two", 12);
        network.SwitchProcess.Kill();

        await network.BringUpAsync();
        one.Send(two.Mac, "hello"u8);

        Assert.Equal("hello"u8.ToArray(), await two.ReceivePayloadAsync());
        one.AskFor(network.Plan.Gateway!, network.Address(11));
        Assert.Equal([8, 6], (await one.ReceiveAsync())[12..14]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_hanging_switch_is_replaced()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        ProcessIdentity hanging = network.SwitchProcess;
        using Process stop = Process.Start("kill", ["-STOP", $"{hanging.ProcessId}"]);
        await stop.WaitForExitAsync();

        await network.BringUpAsync();

        Assert.False(hanging.IsAlive);
        Assert.NotEqual(hanging, network.SwitchProcess);
    }

    [Fact(Timeout = Limit)]
    public async Task Taking_down_leaves_nothing_and_may_be_done_twice()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        using TestPeer peer = await network.ConnectAsync("one", 11);
        ProcessIdentity[] processes = [network.SwitchProcess, network.UplinkProcess];

        await network.Backend.TakeDownAsync(network.Plan);
        await network.Backend.TakeDownAsync(network.Plan);

        Assert.DoesNotContain(processes, process => process.IsAlive);
        Assert.Empty(Directory.GetFileSystemEntries(network.Home));
    }

    [Fact(Timeout = Limit)]
    public async Task Taking_down_leaves_the_machines_files_alone()
    {
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        string file = Path.Combine(network.Paths.Directory, "one.pid");
        await File.WriteAllTextAsync(file, "1");

        await network.Backend.TakeDownAsync(network.Plan);

        Assert.Equal([file], Directory.GetFileSystemEntries(network.Paths.Directory));
    }

    [Fact(Timeout = Limit)]
    public async Task A_pid_file_that_names_somebody_elses_process_does_no_harm()
    {
        await using var network = new TestNetwork();
        using Process stranger = Process.Start("sleep", "60");
        try
        {
            Directory.CreateDirectory(network.Paths.Directory);
            await File.WriteAllTextAsync(network.Paths.SwitchPid, $"{stranger.Id}\n");
            await File.WriteAllTextAsync(network.Paths.UplinkPid, $"{stranger.Id}\n");

            await network.Backend.TakeDownAsync(network.Plan);

            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task An_uplink_that_does_not_start_takes_the_switch_with_it()
    {
        await using var network = new TestNetwork(qemu: "false");

        var error = await Assert.ThrowsAsync<QemuLabException>(() => network.Backend.BringUpAsync(network.Plan));

        Assert.Equal("uplink-failed", error.Code);
        Assert.Empty(Directory.GetFileSystemEntries(network.Home));
    }
}
