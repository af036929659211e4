using System.Text.Json;

namespace QemuLab.Engine.Networks;

/// <summary>Finds in <c>nft -j list ruleset</c> what would drop a bridge's packets, forwarded or to the host itself, and says the command that lets them pass.</summary>
internal static class ForeignFirewalls
{
    public static IReadOnlyList<string> Warnings(string ruleset, string bridge)
    {
        if (string.IsNullOrWhiteSpace(ruleset))
        {
            return [];
        }

        using JsonDocument document = JsonDocument.Parse(ruleset);
        JsonElement[] chains =
        [
            .. from item in document.RootElement.GetProperty("nftables").EnumerateArray()
               where item.TryGetProperty("chain", out _)
               select item.GetProperty("chain"),
        ];
        bool Has(string name) => chains.Any(chain => Text(chain, "name") == name);
        return
        [
            .. from chain in chains
               where Text(chain, "hook") is "forward" or "input" && Text(chain, "family") is "ip" or "inet" or "ip6"
               let table = Text(chain, "table")!
               where !table.StartsWith(InterfaceNames.Owner + ".", StringComparison.Ordinal)
               where Text(chain, "policy") == "drop" || (table == "firewalld" && Text(chain, "name") is "filter_FORWARD" or "filter_INPUT")
               group chain by Remedy(chain, Has, bridge) into blocked
               select Warning(blocked.First(), Has, bridge, blocked.Key),
        ];
    }

    private static string Warning(JsonElement chain, Func<string, bool> has, string bridge, string remedy)
    {
        string what = IsInput(chain)
            ? $"what {bridge} brings to this host (table {Place(chain)}): machines may get no DNS and no DHCP"
            : $"what {bridge} forwards (table {Place(chain)}): machines will not reach the outside";
        return $"{Owner(chain, has)} drops {what}; run: {remedy}";
    }

    private static bool IsInput(JsonElement chain) => Text(chain, "hook") == "input";

    private static string Place(JsonElement chain) => $"{Text(chain, "family")} {Text(chain, "table")}, chain {Text(chain, "name")}";

    private static string Owner(JsonElement chain, Func<string, bool> has) =>
        Text(chain, "table") == "firewalld" ? "firewalld"
        : Text(chain, "table") != "filter" ? "a firewall of this host"
        : has("ufw-before-forward") ? "ufw"
        : has("DOCKER-USER") ? "Docker"
        : "a firewall of this host";

    private static string Remedy(JsonElement chain, Func<string, bool> has, string bridge)
    {
        string iptables = Text(chain, "family") == "ip6" ? "ip6tables" : "iptables";
        string insert = $"sudo nft insert rule {Text(chain, "family")} {Text(chain, "table")} {Text(chain, "name")}";
        return (Owner(chain, has), IsInput(chain)) switch
        {
            ("firewalld", _) => $"sudo firewall-cmd --zone=trusted --add-interface={bridge}",
            ("ufw", true) => $"sudo ufw allow in on {bridge}",
            ("ufw", false) => $"sudo ufw route allow in on {bridge} && sudo ufw route allow out on {bridge}",
            ("Docker", false) => $"sudo {iptables} -I DOCKER-USER -i {bridge} -j ACCEPT && sudo {iptables} -I DOCKER-USER -o {bridge} -j ACCEPT",
            (_, true) => $"{insert} iifname {bridge} accept",
            _ => $"{insert} iifname {bridge} accept && {insert} oifname {bridge} accept",
        };
    }

    private static string? Text(JsonElement chain, string name) => chain.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
