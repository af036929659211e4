namespace QemuLab.Engine.Networks;

/// <summary>What an impaired link does to each frame, in one direction: nothing, a delay, or its loss.</summary>
/// <param name="impairment">What is asked for.</param>
/// <param name="frequency">Ticks of the caller's clock in a second.</param>
/// <param name="chance">Decides which frames are lost.</param>
internal sealed class LinkShaper(LinkImpairment impairment, long frequency, Random chance)
{
    public const long Dropped = -1;

    private readonly long delay = (long)(impairment.Delay.TotalSeconds * frequency);
    private readonly RateLimit? rate = impairment.BitsPerSecond is { } bits ? new RateLimit(bits, frequency) : null;

    public bool IsCut => impairment.IsCut;

    /// <summary>When a frame that comes at a time goes on, or <see cref="Dropped"/>.</summary>
    public long Pass(long at, int length)
    {
        if (impairment.IsCut || (impairment.LossPercent > 0 && chance.NextDouble() * 100 < impairment.LossPercent))
        {
            return Dropped;
        }

        long sent = rate?.Pass(at, length) ?? at;
        return sent < 0 ? Dropped : sent + delay;
    }
}
