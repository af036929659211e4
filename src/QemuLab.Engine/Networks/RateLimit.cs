namespace QemuLab.Engine.Networks;

/// <summary>
/// A token bucket that says when a frame may go instead of holding it: a burst passes at once, then the rate holds. Time is
/// in ticks of the caller's clock.
/// </summary>
/// <param name="bitsPerSecond">The rate.</param>
/// <param name="frequency">Ticks of the clock in a second.</param>
internal sealed class RateLimit(long bitsPerSecond, long frequency)
{
    /// <summary>What passes at once after a pause, in seconds of the rate; but always one frame.</summary>
    private const double Burst = 0.01;

    /// <summary>A frame that would wait longer is dropped, so that senders notice: in seconds, or so many frames on slow links.</summary>
    private const double LongestWait = 0.2;

    private const int UsualFrame = 1514;

    private readonly double ticksPerByte = 8.0 * frequency / Math.Max(1, bitsPerSecond);
    private double paidUntil = double.NegativeInfinity;

    /// <summary>When the frame may go.</summary>
    /// <param name="at">When it comes.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>-1 where too much waits before it.</returns>
    public long Pass(long at, int length)
    {
        double free = Math.Max(paidUntil, at - (Burst * frequency));
        double wait = free - at;
        if (wait > Math.Max(LongestWait * frequency, 4 * UsualFrame * ticksPerByte))
        {
            return -1;
        }

        paidUntil = free + (length * ticksPerByte);
        return at + (long)Math.Max(0, wait);
    }
}
