using System.Net;
using System.Net.Sockets;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>The real dnsmasq on a bridge: what it answers, and that it comes, stays and goes. Needs root, nftables, iproute2 and dnsmasq-base.</summary>
public sealed class NamedBridgeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact(Timeout = 60_000)]
    public async Task Names_are_answered_both_ways()
    {
        await using NamedLab lab = await NamedLab.CreateAsync();
        lab.Bridge.Plan = lab.Plan with { Prefix6 = IPAddress.Parse("fd12:3456:789a:1::") };
        await lab.Backend.BringUpAsync(lab.Plan);

        foreach ((string name, DnsType type, string answer) in ((string, DnsType, string)[])[
            ("control0.test.lab", DnsType.A, "0/10.99.0.11"),
            ("worker0", DnsType.A, "0/10.99.0.14"),
            ("WORKER0.test.lab", DnsType.A, "0/10.99.0.14"),
            ("control0.test.lab", DnsType.Aaaa, "0/fd12:3456:789a:1::b"),
            ("11.0.99.10.in-addr.arpa", DnsType.Ptr, "0/control0.test.lab"),
            ("1.0.99.10.in-addr.arpa", DnsType.Ptr, "0/host.test.lab"),
            ("host.test.lab", DnsType.A, "0/10.99.0.1"),
            ("host", DnsType.A, "0/10.99.0.1"),
            ("host.qemulab.internal", DnsType.A, "0/10.99.0.1"),
            ("host.qemulab.internal", DnsType.Aaaa, "0/"),
            ("registry.test.lab", DnsType.A, "0/10.99.0.50"),
            ("registry", DnsType.A, "0/10.99.0.50"),
            ("any.thing.apps.test.lab", DnsType.A, "0/10.99.0.60"),
            ("any.apps.test.lab", DnsType.Aaaa, "0/"),
            ("cloud.example.com", DnsType.A, "0/10.99.0.70"),
            ("cloud.example.com", DnsType.Aaaa, "0/"),
            ("nosuch.test.lab", DnsType.A, "3/"),
        ])
        {
            Assert.Equal($"{name} {type} {answer}", $"{name} {type} {await lab.AskAsync(name, type)}");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task It_is_started_again_when_it_is_killed()
    {
        await using NamedLab lab = await NamedLab.CreateAsync();
        await lab.Backend.BringUpAsync(lab.Plan);
        ProcessIdentity first = lab.Process!;

        Assert.True(first.Kill());
        await UntilAsync(() => lab.Notices.Contains("NamesRestarted"));

        Assert.NotEqual(first, lab.Process);
        Assert.Equal("0/10.99.0.11", await lab.AskAsync("control0.test.lab"));
        Assert.Equal(["NamesRestarted"], lab.Notices);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_later_daemon_keeps_it_and_restarts_it_for_a_new_name()
    {
        await using NamedLab lab = await NamedLab.CreateAsync();
        await lab.Backend.BringUpAsync(lab.Plan);
        ProcessIdentity first = lab.Process!;

        await lab.Backend.BringUpAsync(lab.Plan);
        NamedBridgeNetwork later = lab.NewBackend();
        await later.BringUpAsync(lab.Plan);
        Assert.Equal(first, lab.Process);

        NetworkPlan changed = lab.Plan with { Records = [new NameRecord("late.test.lab", IPAddress.Parse("10.99.0.80"))] };
        await lab.Backend.TakeDownAsync(lab.Plan);
        await later.BringUpAsync(changed);
        ProcessIdentity second = lab.Process!;
        await later.BringUpAsync(changed with { Records = [] });

        Assert.NotEqual(second, lab.Process);
        Assert.False(second.IsAlive);
        Assert.Equal("3/", await lab.AskAsync("late.test.lab"));
        await later.TakeDownAsync(changed);
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_port_53_is_taken_nothing_is_left()
    {
        await using NamedLab lab = await NamedLab.CreateAsync();
        string before = await lab.Host.SnapshotAsync();
        using (Take53(lab))
        {
            QemuLabException refused = await Assert.ThrowsAsync<QemuLabException>(() => lab.Backend.BringUpAsync(lab.Plan));

            Assert.Equal("names-failed", refused.Code);
            Assert.Contains("ss -lpn", refused.Hint, StringComparison.Ordinal);
        }

        await AssertNothingLeftAsync(lab, before);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_bridge_that_is_in_use_stays_where_a_later_daemon_cannot_serve_its_names()
    {
        await using NamedLab lab = await NamedLab.CreateAsync();
        await lab.Bridge.Backend.BringUpAsync(lab.Plan);
        using (Take53(lab))
        {
            Assert.Equal("names-failed", (await Assert.ThrowsAsync<QemuLabException>(() => lab.Backend.BringUpAsync(lab.Plan))).Code);
        }

        Assert.Contains("10.99.0.1/24", await lab.Host.RunAsync("ip", "address", "show", "dev", "ql-test"), StringComparison.Ordinal);
        await lab.Backend.BringUpAsync(lab.Plan);
        Assert.Equal("0/10.99.0.11", await lab.AskAsync("control0.test.lab"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_it_is_not_installed_nothing_is_left_but_the_advice()
    {
        await using NamedLab lab = await NamedLab.CreateAsync();
        string before = await lab.Host.SnapshotAsync();

        QemuLabException refused = await Assert.ThrowsAsync<QemuLabException>(() => lab.NewBackend(program: null).BringUpAsync(lab.Plan));

        Assert.Equal("dnsmasq-missing", refused.Code);
        Assert.Contains("apt-get install -y dnsmasq-base", refused.Hint, StringComparison.Ordinal);
        await AssertNothingLeftAsync(lab, before);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_goes_with_the_network()
    {
        await using NamedLab lab = await NamedLab.CreateAsync();
        string before = await lab.Host.SnapshotAsync();
        await lab.Backend.BringUpAsync(lab.Plan);
        ProcessIdentity process = lab.Process!;

        await lab.NewBackend().TakeDownAsync(lab.Plan);

        Assert.False(process.IsAlive);
        await lab.Backend.TakeDownAsync(lab.Plan);
        await AssertNothingLeftAsync(lab, before);
        Assert.DoesNotContain("NamesFailed", lab.Notices);
    }

    private static Socket Take53(NamedLab lab) => lab.Host.Within(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 53));
        return socket;
    });

    private static async Task AssertNothingLeftAsync(NamedLab lab, string before)
    {
        Assert.Empty(await lab.ProcessesAsync());
        Assert.Equal(before, await lab.Host.SnapshotAsync());
        Assert.Empty(Directory.GetFiles(lab.Bridge.Home, "*", SearchOption.AllDirectories));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
