using System.Buffers.Binary;

namespace QemuLab.Engine.Networks.Dhcp;

/// <summary>What a DHCP message is for (RFC 2132, option 53).</summary>
public enum DhcpType
{
    Discover = 1,
    Offer = 2,
    Request = 3,
    Decline = 4,
    Ack = 5,
    Nak = 6,
    Release = 7,
    Inform = 8,
}

/// <summary>A DHCPv4 message of a client: RFC 2131, as far as a server on the same network needs it.</summary>
internal sealed class DhcpMessage
{
    public const int ServerPort = 67;
    public const int ClientPort = 68;

    /// <summary>Where the options begin, behind BOOTP's fixed fields and the magic number.</summary>
    private const int OptionsStart = 240;

    private const uint Magic = 0x63825363;

    /// <summary>BOOTP's smallest: some clients ignore shorter answers.</summary>
    private const int Smallest = 300;

    private readonly byte[] head;
    private readonly Dictionary<int, byte[]> options;

    private DhcpMessage(byte[] head, Dictionary<int, byte[]> options, DhcpType type) => (this.head, this.options, Type) = (head, options, type);

    public DhcpType Type { get; }

    public ulong Mac => Names.UdpFrame.ReadMac(head.AsSpan(28));

    /// <summary>The address that the client says it has; 0: none.</summary>
    public uint ClientAddress => BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(12));

    public uint? RequestedAddress => Address(50);

    /// <summary>Whose offer it takes.</summary>
    public uint? ServerAddress => Address(54);

    /// <summary>It cannot hear frames for an address that it does not have yet.</summary>
    public bool WantsBroadcast => (head[10] & 0x80) != 0;

    /// <summary>A client's message; null for anything else, for what is malformed, and for what a relay has passed on.</summary>
    public static DhcpMessage? Read(ReadOnlySpan<byte> bytes)
    {
        bool isRequest = bytes.Length > OptionsStart
            && bytes[0] == 1 && bytes[1] == 1 && bytes[2] == 6
            && BinaryPrimitives.ReadUInt32BigEndian(bytes[236..]) == Magic
            && BinaryPrimitives.ReadUInt32BigEndian(bytes[24..]) == 0;
        if (!isRequest || ReadOptions(bytes[OptionsStart..]) is not { } options)
        {
            return null;
        }

        return options.GetValueOrDefault(53) is [var type] && Enum.IsDefined((DhcpType)type)
            ? new DhcpMessage(bytes[..OptionsStart].ToArray(), options, (DhcpType)type)
            : null;
    }

    /// <summary>The server's message back.</summary>
    /// <param name="type">Offer, ACK or NAK.</param>
    /// <param name="address">What the client may have; 0: nothing is given.</param>
    /// <param name="given">By number, in their order; option 53 comes first by itself.</param>
    public byte[] Answer(DhcpType type, uint address, IEnumerable<KeyValuePair<int, byte[]>> given)
    {
        List<byte> answer = [.. head];
        answer.AddRange([53, 1, (byte)type]);
        foreach ((int number, byte[] value) in given)
        {
            // A longer one is split, and the client puts it together again: RFC 3396.
            foreach (byte[] piece in value.Chunk(255))
            {
                answer.AddRange([(byte)number, (byte)piece.Length, .. piece]);
            }

            if (number == 66 && value.Length is > 0 and < 64)
            {
                Put(answer, 44, 64, value);
            }
            else if (number == 67 && value.Length is > 0 and < 128)
            {
                Put(answer, 108, 128, value);
            }
        }

        answer.Add(255);
        answer.AddRange(new byte[Math.Max(0, Smallest - answer.Count)]);
        byte[] bytes = [.. answer];
        bytes[0] = 2;
        bytes[3] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), type == DhcpType.Nak ? 0 : ClientAddress);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), address);
        return bytes;
    }

    /// <summary>The fixed fields of BOOTP, which network boot in firmware reads before the options.</summary>
    private static void Put(List<byte> answer, int at, int length, byte[] value)
    {
        for (int i = 0; i < length; i++)
        {
            answer[at + i] = i < value.Length ? value[i] : (byte)0;
        }
    }

    private static Dictionary<int, byte[]>? ReadOptions(ReadOnlySpan<byte> bytes)
    {
        var options = new Dictionary<int, byte[]>();
        for (int at = 0; at < bytes.Length;)
        {
            int number = bytes[at++];
            if (number == 255)
            {
                return options;
            }

            if (number == 0)
            {
                continue;
            }

            if (at >= bytes.Length || at + 1 + bytes[at] > bytes.Length)
            {
                return null;
            }

            byte[] piece = bytes.Slice(at + 1, bytes[at]).ToArray();
            options[number] = [.. options.GetValueOrDefault(number) ?? [], .. piece];
            at += 1 + piece.Length;
        }

        // Some clients leave the end out.
        return options;
    }

    private uint? Address(int number) => options.GetValueOrDefault(number) is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : null;
}
