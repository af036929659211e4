using System.Text.Json;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Labs;

namespace QemuLab.Tests.Machines;

/// <summary>What a guest agent tells of interfaces, against a machine with one NIC at 10.77.0.11.</summary>
public sealed class GuestInterfaceTests
{
    private static readonly MachinePlan Plan = PlanGoldenTests.Plan("""
        name: l
        image: micro
        network: { subnet: 10.77.0.0/24 }
        groups: { a: { address: 10.77.0.11 } }
        """, Fakes.Hosts.ByName["linux-x64-kvm"]).Machines[0];

    private static readonly string Mac = Plan.Nics[0].Mac.ToString();

    private static IReadOnlyList<GuestInterface> Read(string answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        return GuestInterface.Read(document.RootElement, Plan.Nics);
    }

    private static string Told(string name, string? mac, params string[] addresses) =>
        $$"""{"name": "{{name}}", {{(mac is null ? "" : $"\"hardware-address\": \"{mac}\",")}} "ip-addresses": [{{string.Join(',', addresses.Select(address => $$"""{"ip-address-type": "any", "ip-address": "{{address}}", "prefix": 24}"""))}}]}""";

    [Fact]
    public void Loopback_is_left_out_but_not_what_a_guest_has_put_there()
    {
        IReadOnlyList<GuestInterface> told = Read($"[{Told("lo", "00:00:00:00:00:00", "127.0.0.1", "::1")},{Told("eth0", Mac.ToUpperInvariant(), "10.77.0.11", "fe80::1")}]");

        GuestInterface eth0 = Assert.Single(told);
        Assert.Equal(("eth0", Mac, "lan"), (eth0.Name, eth0.Mac, eth0.Network));
        Assert.Equal(["10.77.0.11/24", "fe80::1/24"], eth0.Addresses);
        Assert.Empty(eth0.Missing);
        Assert.Equal(["10.77.0.100/24"], Read($"[{Told("lo", "00:00:00:00:00:00", "127.0.0.1", "10.77.0.100")}]")[0].Addresses);
    }

    [Fact]
    public void An_address_that_was_planned_and_is_not_there_is_told_and_others_are_the_guests_own()
    {
        IReadOnlyList<GuestInterface> told = Read($"[{Told("eth0", Mac, "10.77.0.99")},{Told("docker0", "02:42:00:00:00:01", "172.17.0.1")}]");

        Assert.Equal([("lan", "10.77.0.11"), (null, "")], told.Select(one => (one.Network, string.Join(',', one.Missing))));
    }

    [Fact]
    public void A_bridge_that_has_taken_over_the_NICs_address_has_it_for_the_NIC()
    {
        IReadOnlyList<GuestInterface> told = Read($"[{Told("eth0", Mac)},{Told("br0", Mac, "10.77.0.11")}]");

        Assert.Equal([("eth0", null), ("br0", "lan")], told.Select(one => (one.Name, one.Network)));
        Assert.Empty(told[1].Missing);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""[7, {"name": 7}, {"name": "x"}, {"name": "\ud800", "hardware-address": "02:00:00:00:00:01"}, {"name": "y", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [{"ip-address": "no", "prefix": 1}, {"ip-address": "10.0.0.1", "prefix": "x"}, {"ip-address": "10.0.0.1", "prefix": 999}, 7]}]""")]
    public void A_NIC_that_the_guest_does_not_tell_of_is_missing_whatever_else_it_says(string answer)
    {
        GuestInterface nic = Assert.Single(Read(answer));

        Assert.Equal((null, Mac, "lan", "10.77.0.11"), (nic.Name, nic.Mac, nic.Network, Assert.Single(nic.Missing)));
    }
}
