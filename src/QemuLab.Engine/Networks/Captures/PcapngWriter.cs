using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace QemuLab.Engine.Networks.Captures;

/// <summary>
/// Writes a capture in the pcapng format (draft-ietf-opsawg-pcapng): one section, interfaces as they come, each frame with its
/// time in nanoseconds. Knows nothing of where the bytes go.
/// </summary>
public sealed class PcapngWriter(IBufferWriter<byte> output)
{
    private const uint SectionHeader = 0x0A0D0D0A;
    private const uint InterfaceDescription = 1;
    private const uint InterfaceStatistics = 5;
    private const uint EnhancedPacket = 6;
    private const ushort Ethernet = 1;
    private const int BlockOverhead = 12;
    private const int PacketHeader = 20;

    private int interfaces;

    /// <summary>What a frame takes with everything around it.</summary>
    public static int PacketSize(int length) => BlockOverhead + PacketHeader + Padded(length);

    /// <summary>Must come first.</summary>
    /// <param name="application">What wrote it, for people.</param>
    public void WriteHeader(string application)
    {
        byte[] name = Encoding.UTF8.GetBytes(application);
        Span<byte> body = Begin(SectionHeader, 16 + OptionSize(name.Length) + OptionSize(0));
        BinaryPrimitives.WriteUInt32LittleEndian(body, 0x1A2B3C4D);
        BinaryPrimitives.WriteUInt16LittleEndian(body[4..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(body[6..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], -1);
        WriteOption(body[16..], 4, name);
        End(body.Length);
    }

    /// <summary>Describes an interface.</summary>
    /// <returns>Its number, for its frames.</returns>
    public int AddInterface(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        Span<byte> body = Begin(InterfaceDescription, 8 + OptionSize(bytes.Length) + OptionSize(1) + OptionSize(0));
        BinaryPrimitives.WriteUInt16LittleEndian(body, Ethernet);
        int at = 8 + WriteOption(body[8..], 2, bytes);
        // if_tsresol: 10 to the minus ninth.
        WriteOption(body[at..], 9, [9]);
        End(body.Length);
        return interfaces++;
    }

    /// <summary>A frame, whole.</summary>
    public void WritePacket(int interfaceNumber, DateTimeOffset time, ReadOnlySpan<byte> frame)
    {
        Span<byte> body = Begin(EnhancedPacket, PacketHeader + Padded(frame.Length));
        BinaryPrimitives.WriteInt32LittleEndian(body, interfaceNumber);
        WriteTime(body[4..], time);
        BinaryPrimitives.WriteInt32LittleEndian(body[12..], frame.Length);
        BinaryPrimitives.WriteInt32LittleEndian(body[16..], frame.Length);
        frame.CopyTo(body[PacketHeader..]);
        End(body.Length);
    }

    /// <summary>What came by an interface, and how much of it is missing here because the reader was too slow.</summary>
    public void WriteStatistics(int interfaceNumber, DateTimeOffset time, long received, long dropped)
    {
        Span<byte> body = Begin(InterfaceStatistics, 12 + (2 * OptionSize(8)) + OptionSize(0));
        BinaryPrimitives.WriteInt32LittleEndian(body, interfaceNumber);
        WriteTime(body[4..], time);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, received);
        int at = 12 + WriteOption(body[12..], 4, number);
        BinaryPrimitives.WriteInt64LittleEndian(number, dropped);
        WriteOption(body[at..], 5, number);
        End(body.Length);
    }

    /// <summary>The body of a block, all zero; its type and first length are written.</summary>
    private Span<byte> Begin(uint type, int bodyLength)
    {
        Span<byte> block = output.GetSpan(bodyLength + BlockOverhead)[..(bodyLength + BlockOverhead)];
        block.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], block.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block[^4..], block.Length);
        return block[8..^4];
    }

    private void End(int bodyLength) => output.Advance(bodyLength + BlockOverhead);

    private static void WriteTime(Span<byte> at, DateTimeOffset time)
    {
        ulong nanoseconds = (ulong)(time - DateTimeOffset.UnixEpoch).Ticks * 100;
        BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)(nanoseconds >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], (uint)nanoseconds);
    }

    private static int WriteOption(Span<byte> at, ushort code, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(at, code);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)value.Length);
        value.CopyTo(at[4..]);
        return OptionSize(value.Length);
    }

    private static int OptionSize(int length) => 4 + Padded(length);

    private static int Padded(int length) => (length + 3) & ~3;
}
