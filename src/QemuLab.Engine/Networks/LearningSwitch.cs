using System.Buffers.Binary;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The switch's decisions, without its sockets: a frame and the port that it came in by, in; the ports that it goes out by, out.
/// Allocates nothing per frame.
/// </summary>
public sealed class LearningSwitch
{
    public const int SmallestFrame = 14;

    /// <summary>As bridges have it by default.</summary>
    public static readonly TimeSpan DefaultAgeing = TimeSpan.FromMinutes(5);

    private readonly MacTable stations;
    private readonly Dictionary<int, Port> ports = [];
    private readonly int[] single = new int[1];
    private int uplink = -1;
    private bool isWired;

    public LearningSwitch(TimeProvider time, TimeSpan? ageing = null, int capacity = 4096) =>
        stations = new MacTable(time, ageing ?? DefaultAgeing, capacity);

    /// <param name="Kind">What is behind it.</param>
    /// <param name="Unknown">Where its frames to stations never heard of go: every other guest.</param>
    /// <param name="Everybody">Where its broadcasts go: every other port.</param>
    private sealed record Port(PortKind Kind, int[] Unknown, int[] Everybody);

    public int StationCount => stations.Count;

    /// <param name="port">A number of the caller's, not in use.</param>
    public void AddPort(int port, PortKind kind)
    {
        ports.Add(port, new Port(kind, [], []));
        isWired = false;
    }

    public void RemovePort(int port)
    {
        if (ports.Remove(port))
        {
            stations.ForgetPort(port);
            isWired = false;
        }
    }

    /// <summary>The ports to send the frame to; valid until the next call.</summary>
    public ReadOnlySpan<int> Forward(int from, ReadOnlySpan<byte> frame)
    {
        Wire();
        if (frame.Length < SmallestFrame || !ports.TryGetValue(from, out Port? source))
        {
            return [];
        }

        ulong destination = BinaryPrimitives.ReadUInt64BigEndian(frame) >> 16;
        ulong station = BinaryPrimitives.ReadUInt64BigEndian(frame[4..]) & 0xFFFF_FFFF_FFFF;
        if (!IsGroup(station))
        {
            stations.Learn(station, from);
        }

        if (IsGroup(destination))
        {
            return source.Everybody;
        }

        int port = stations.Find(destination);
        if (port < 0)
        {
            port = IsSlirp(destination) ? uplink : -1;
        }

        if (port < 0)
        {
            return source.Unknown;
        }

        single[0] = port;
        return port == from ? [] : single;
    }

    /// <summary>Whether a station has sent anything lately.</summary>
    public bool HasHeard(MacAddress station) => stations.Find(station.Value) >= 0;

    /// <summary>Broadcast is the group address that all belong to.</summary>
    private static bool IsGroup(ulong address) => (address & 0x0100_0000_0000) != 0;

    /// <summary>
    /// slirp's own addresses, 52:55 and its IPv4 address or 52:56 for IPv6. Known from the start: guests remember the
    /// gateway's address over a restart of the switch, and slirp does not speak unasked, so it could not be learned again.
    /// </summary>
    private static bool IsSlirp(ulong address) => address >> 32 is 0x5255 or 0x5256;

    /// <summary>Who sends to whom, worked out once for however many ports have come and gone since.</summary>
    private void Wire()
    {
        if (isWired)
        {
            return;
        }

        (isWired, uplink) = (true, -1);
        foreach ((int number, Port port) in ports)
        {
            int[] others = [.. ports.Keys.Where(other => other != number)];
            ports[number] = new Port(port.Kind, [.. others.Where(other => ports[other].Kind == PortKind.Guest)], others);
            uplink = port.Kind == PortKind.Uplink ? number : uplink;
        }
    }
}
