using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>
/// Tells when a machine has accepted a TCP connection. Slirp cannot: it accepts for every machine, for one that is down too,
/// and closes later. But the machine's SYN-ACK passes the switch, which looks at frames only while one is awaited.
/// </summary>
internal sealed class Handshakes
{
    private const int EthernetHeader = 14, SmallestIpHeader = 20, SmallestTcpHeader = 20;
    private const byte Tcp = 6, SynAck = 0x12, Reset = 0x04;

    private readonly ConcurrentDictionary<int, Awaited> awaited = new();
    private int count;

    /// <summary>Whether any is awaited.</summary>
    public bool Any => Volatile.Read(ref count) > 0;

    /// <summary>Waits for a machine to answer what comes from a port of this host, which slirp shows it as it is.</summary>
    /// <param name="hostPort">Ours; of two at a time that have the same, the second waits in vain.</param>
    /// <param name="address">The machine's.</param>
    /// <param name="guestPort">Where it serves.</param>
    public Awaited Await(int hostPort, uint address, int guestPort)
    {
        var one = new Awaited(this, hostPort, address, guestPort);
        if (awaited.TryAdd(hostPort, one))
        {
            Interlocked.Increment(ref count);
        }

        return one;
    }

    /// <summary>Looks at a frame that a guest sends.</summary>
    public void Look(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHeader + SmallestIpHeader + SmallestTcpHeader || frame[12] != 8 || frame[13] != 0 || frame[23] != Tcp)
        {
            return;
        }

        int tcp = EthernetHeader + (4 * (frame[14] & 0x0f));
        if (frame.Length < tcp + SmallestTcpHeader || (frame[tcp + 13] & (SynAck | Reset)) != SynAck)
        {
            return;
        }

        int hostPort = BinaryPrimitives.ReadUInt16BigEndian(frame[(tcp + 2)..]);
        if (awaited.TryGetValue(hostPort, out Awaited? one)
            && one.Address == BinaryPrimitives.ReadUInt32BigEndian(frame[26..])
            && one.GuestPort == BinaryPrimitives.ReadUInt16BigEndian(frame[tcp..]))
        {
            one.Complete();
        }
    }

    /// <summary>One answer that is awaited, until it is disposed of.</summary>
    internal sealed class Awaited(Handshakes owner, int hostPort, uint address, int guestPort) : IDisposable
    {
        // Not on the switch's thread: what waits for it must not hold up frames.
        private readonly TaskCompletionSource answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public uint Address => address;

        public int GuestPort => guestPort;

        public Task Answered => answered.Task;

        public void Complete() => answered.TrySetResult();

        public void Dispose()
        {
            if (owner.awaited.TryRemove(new KeyValuePair<int, Awaited>(hostPort, this)))
            {
                Interlocked.Decrement(ref owner.count);
            }
        }
    }
}
