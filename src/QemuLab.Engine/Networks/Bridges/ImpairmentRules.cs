using System.Globalization;

namespace QemuLab.Engine.Networks;

/// <summary>
/// Cuts, partitions and losses as rules of the bridge family: the guest's link stays up, its frames go nowhere. The rate of
/// what a machine sends is held by dropping too: only what goes to a machine can wait in a queue.
/// </summary>
internal static class ImpairmentRules
{
    public static void Write(NftText text, NetworkPlan network, NetworkImpairments impairments)
    {
        if (impairments.IsEmpty)
        {
            return;
        }

        (string Machine, LinkImpairment Link)[] links =
            [.. impairments.Links.OrderBy(link => link.Key, StringComparer.Ordinal).Select(link => (link.Key, link.Value))];
        text.Chain("impair-from", "type filter hook prerouting priority filter - 10; policy accept;", () =>
        {
            foreach ((string machine, LinkImpairment link) in links)
            {
                WriteLink(text, $"iifname \"{InterfaceNames.Tap(network, machine)}\"", link);
                if (link.BitsPerSecond is { } rate)
                {
                    text.Line(string.Create(CultureInfo.InvariantCulture,
                        $"iifname \"{InterfaceNames.Tap(network, machine)}\" limit rate over {Math.Max(1, rate / 8)} bytes/second burst {QueueBatch.BurstBytes(rate)} bytes counter drop"));
                }
            }
        });
        text.Chain("impair-to", "type filter hook postrouting priority filter; policy accept;", () =>
        {
            foreach ((string machine, LinkImpairment link) in links)
            {
                WriteLink(text, $"oifname \"{InterfaceNames.Tap(network, machine)}\"", link);
            }
        });
        text.Chain("partition", "type filter hook forward priority filter; policy accept;", () =>
        {
            foreach (MachinePair pair in impairments.Partitions)
            {
                (string one, string other) = (InterfaceNames.Tap(network, pair.One), InterfaceNames.Tap(network, pair.Other));
                text.Line($"iifname \"{one}\" oifname \"{other}\" counter drop");
                text.Line($"iifname \"{other}\" oifname \"{one}\" counter drop");
            }
        });
    }

    private static void WriteLink(NftText text, string match, LinkImpairment link)
    {
        if (link.IsCut || link.LossPercent >= 100)
        {
            text.Line($"{match} counter drop");
        }
        else if (link.LossPercent > 0)
        {
            const int steps = 100_000;
            long lost = Math.Clamp((long)Math.Round(link.LossPercent * steps / 100), 1, steps - 1);
            text.Line(string.Create(CultureInfo.InvariantCulture, $"{match} numgen random mod {steps} < {lost} counter drop"));
        }
    }
}
