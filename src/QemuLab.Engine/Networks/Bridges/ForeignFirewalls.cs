using System.Text.Json;

namespace QemuLab.Engine.Networks;

/// <summary>Finds in <c>nft -j list ruleset</c> what would drop a bridge's forwarded packets, and says the command that lets them pass.</summary>
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
               where Text(chain, "hook") == "forward" && Text(chain, "family") is "ip" or "inet" or "ip6"
               let table = Text(chain, "table")!
               where !table.StartsWith(InterfaceNames.Owner + ".", StringComparison.Ordinal)
               where Text(chain, "policy") == "drop" || (table == "firewalld" && Text(chain, "name") == "filter_FORWARD")
               group chain by Remedy(chain, Has, bridge) into blocked
               select $"{Owner(blocked.First(), Has)} drops what {bridge} forwards (table {Text(blocked.First(), "family")} {Text(blocked.First(), "table")}, chain {Text(blocked.First(), "name")}): machines will not reach the outside; run: {blocked.Key}",
        ];
    }

    private static string Owner(JsonElement chain, Func<string, bool> has) =>
        Text(chain, "table") == "firewalld" ? "firewalld"
        : Text(chain, "table") != "filter" ? "a firewall of this host"
        : has("ufw-before-forward") ? "ufw"
        : has("DOCKER-USER") ? "Docker"
        : "a firewall of this host";

    private static string Remedy(JsonElement chain, Func<string, bool> has, string bridge)
    {
        string iptables = Text(chain, "family") == "ip6" ? "ip6tables" : "iptables";
        return Owner(chain, has) switch
        {
            "firewalld" => $"sudo firewall-cmd --zone=trusted --add-interface={bridge}",
            "ufw" => $"sudo ufw route allow in on {bridge} && sudo ufw route allow out on {bridge}",
            "Docker" => $"sudo {iptables} -I DOCKER-USER -i {bridge} -j ACCEPT && sudo {iptables} -I DOCKER-USER -o {bridge} -j ACCEPT",
            _ => $"sudo nft insert rule {Text(chain, "family")} {Text(chain, "table")} {Text(chain, "name")} iifname {bridge} accept && "
                + $"sudo nft insert rule {Text(chain, "family")} {Text(chain, "table")} {Text(chain, "name")} oifname {bridge} accept",
        };
    }

    private static string? Text(JsonElement chain, string name) => chain.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
