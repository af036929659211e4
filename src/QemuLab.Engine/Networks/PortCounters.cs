namespace QemuLab.Engine.Networks;

/// <summary>What has passed a port, seen from the switch.</summary>
public sealed class PortCounters
{
    public long FramesIn { get; set; }

    public long BytesIn { get; set; }

    public long FramesOut { get; set; }

    public long BytesOut { get; set; }

    /// <summary>Frames for this port that its machine did not take: it is not there, or too slow.</summary>
    public long Drops { get; set; }
}
