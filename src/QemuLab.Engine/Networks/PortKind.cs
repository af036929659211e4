namespace QemuLab.Engine.Networks;

/// <summary>What is behind a port of the switch.</summary>
public enum PortKind
{
    Guest,

    /// <summary>
    /// slirp. It takes every frame that it sees for one to be routed, whatever its destination address, and would answer
    /// in place of the guest that the frame was for: it must never see a frame that may be another's.
    /// </summary>
    Uplink,
}
