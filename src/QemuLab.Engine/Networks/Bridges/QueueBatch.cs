using System.Globalization;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The lines of <c>tc -batch</c> for what waits on its way to a machine: its rate, and its delay. Only a tap's way to the
/// machine has a queue, so the delay of both directions is spent there: a round trip takes what was asked for.
/// </summary>
internal static class QueueBatch
{
    public static IEnumerable<string> For(NetworkPlan network, string machine, LinkImpairment? link)
    {
        string tap = InterfaceNames.Tap(network, machine);
        return link switch
        {
            { Delay: { Ticks: > 0 } delay, BitsPerSecond: { } rate } =>
                [string.Create(CultureInfo.InvariantCulture, $"qdisc replace dev {tap} root netem delay {2 * delay.TotalMilliseconds}ms rate {rate}bit limit 10000")],
            { Delay: { Ticks: > 0 } delay } =>
                [string.Create(CultureInfo.InvariantCulture, $"qdisc replace dev {tap} root netem delay {2 * delay.TotalMilliseconds}ms limit 10000")],
            { BitsPerSecond: { } rate } =>
                [string.Create(CultureInfo.InvariantCulture, $"qdisc replace dev {tap} root tbf rate {rate}bit burst {BurstBytes(rate)} latency 200ms")],
            _ => [$"qdisc delete dev {tap} root"],
        };
    }

    /// <summary>Whether the machine's tap has a queue of ours.</summary>
    public static bool IsQueued(LinkImpairment? link) => link is { Delay.Ticks: > 0 } or { BitsPerSecond: not null };

    /// <summary>A twentieth of a second, and never less than two large frames: less than one would let nothing pass.</summary>
    public static long BurstBytes(long bitsPerSecond) => Math.Clamp(bitsPerSecond / 8 / 20, 20_000, 4_000_000_000);
}
