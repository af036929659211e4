using System.Buffers.Binary;
using System.Net;

namespace QemuLab.Engine.Networks.Names;

/// <summary>An Ethernet frame that carries one whole UDP datagram over IPv4.</summary>
internal static class UdpFrame
{
    private const int Ethernet = 14;
    private const int Ip = 20;
    private const int Udp = 8;

    /// <summary>What goes before the payload in the frames that are written here.</summary>
    public const int HeaderLength = Ethernet + Ip + Udp;

    /// <summary>Reads the addresses; false for every other frame, for fragments, and for lengths that are not true.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out UdpHeader header)
    {
        header = default;
        if (frame.Length < HeaderLength || frame[12] != 8 || frame[13] != 0 || frame[14] >> 4 != 4 || frame[23] != 17)
        {
            return false;
        }

        ReadOnlySpan<byte> packet = frame[Ethernet..];
        int ip = 4 * (packet[0] & 15);
        int total = Number(packet, 2);
        if (ip < Ip || total > packet.Length || total < ip + Udp || (Number(packet, 6) & 0x3FFF) != 0)
        {
            return false;
        }

        int udp = Number(packet, ip + 4);
        if (udp < Udp || ip + udp > total)
        {
            return false;
        }

        header = new UdpHeader(
            BinaryPrimitives.ReadUInt32BigEndian(packet[12..]), BinaryPrimitives.ReadUInt32BigEndian(packet[16..]),
            Number(packet, ip), Number(packet, ip + 2), Ethernet + ip + Udp, udp - Udp);
        return true;
    }

    /// <summary>A whole frame, with its checksums.</summary>
    public static byte[] Write(ulong destinationMac, ulong sourceMac, UdpHeader header, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[HeaderLength + payload.Length];
        WriteMac(frame, destinationMac);
        WriteMac(frame.AsSpan(6), sourceMac);
        frame[12] = 8;
        Span<byte> packet = frame.AsSpan(Ethernet);
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(Ip + Udp + payload.Length));
        packet[8] = 64;
        packet[9] = 17;
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], header.Source);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], header.Destination);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Checksum(packet[..Ip], 0));

        Span<byte> datagram = packet[Ip..];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, (ushort)header.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[2..], (ushort)header.DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)datagram.Length);
        payload.CopyTo(datagram[Udp..]);
        uint pseudo = Sum(packet[12..Ip]) + 17 + (uint)datagram.Length;
        ushort checksum = Checksum(datagram, pseudo);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], checksum == 0 ? (ushort)0xFFFF : checksum);
        return frame;
    }

    public static ulong ReadMac(ReadOnlySpan<byte> bytes) => ((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]);

    public static void WriteMac(Span<byte> bytes, ulong mac)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(mac >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)mac);
    }

    public static uint ToNumber(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private static ushort Checksum(ReadOnlySpan<byte> bytes, uint start)
    {
        uint sum = start + Sum(bytes);
        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i + 1 < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }

        return bytes.Length % 2 == 0 ? sum : sum + ((uint)bytes[^1] << 8);
    }

    private static int Number(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
}

/// <summary>Who sends a datagram to whom, and where its payload lies in the frame.</summary>
internal readonly record struct UdpHeader(uint Source, uint Destination, int SourcePort, int DestinationPort, int PayloadStart = 0, int PayloadLength = 0);
