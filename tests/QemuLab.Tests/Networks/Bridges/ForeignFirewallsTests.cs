using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks.Bridges;

public sealed class ForeignFirewallsTests
{
    [Theory]
    [InlineData("ip", "filter", "FORWARD", "drop", "ufw-before-forward", "ufw drops what ql-k8s forwards", "sudo ufw route allow in on ql-k8s && sudo ufw route allow out on ql-k8s")]
    [InlineData("ip", "filter", "FORWARD", "drop", "DOCKER-USER", "Docker drops", "sudo iptables -I DOCKER-USER -i ql-k8s -j ACCEPT && sudo iptables -I DOCKER-USER -o ql-k8s -j ACCEPT")]
    [InlineData("inet", "firewalld", "filter_FORWARD", "accept", "other", "firewalld drops", "sudo firewall-cmd --zone=trusted --add-interface=ql-k8s")]
    [InlineData("inet", "mine", "fwd", "drop", "other", "a firewall of this host drops", "sudo nft insert rule inet mine fwd iifname ql-k8s accept && sudo nft insert rule inet mine fwd oifname ql-k8s accept")]
    [InlineData("ip", "filter", "INPUT", "drop", "ufw-before-forward", "ufw drops what ql-k8s brings to this host", "sudo ufw allow in on ql-k8s")]
    [InlineData("inet", "mine", "INPUT", "drop", "other", "a firewall of this host drops what ql-k8s brings", "sudo nft insert rule inet mine INPUT iifname ql-k8s accept")]
    public void What_drops_is_named_with_what_helps(string family, string table, string chain, string policy, string beside, string who, string command)
    {
        string warning = Assert.Single(ForeignFirewalls.Warnings(Ruleset(family, table, chain, policy, beside), "ql-k8s"));

        Assert.StartsWith(who, warning, StringComparison.Ordinal);
        Assert.EndsWith("run: " + command, warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ip", "filter", "FORWARD", "accept")]
    [InlineData("bridge", "filter", "FORWARD", "drop")]
    [InlineData("inet", "qemulab.other.lan", "forward", "drop")]
    public void What_lets_pass_is_not(string family, string table, string chain, string policy) =>
        Assert.Empty(ForeignFirewalls.Warnings(Ruleset(family, table, chain, policy, "other"), "ql-k8s"));

    private static string Ruleset(string family, string table, string chain, string policy, string beside) => $$$"""
        {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "{{{family}}}", "name": "{{{table}}}"}},
        {"chain": {"family": "{{{family}}}", "table": "{{{table}}}", "name": "{{{beside}}}"}},
        {"chain": {"family": "{{{family}}}", "table": "{{{table}}}", "name": "{{{chain}}}", "type": "filter", "hook": "{{{(chain == "INPUT" ? "input" : "forward")}}}", "prio": 0, "policy": "{{{policy}}}"}}]}
        """;
}
