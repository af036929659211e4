using System.Buffers.Binary;
using QemuLab.Engine.Networks.Dhcp;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Engine.Networks;

/// <summary>What the switch answers by itself: DNS for the lab's names, DHCP, and ARP for its own address where slirp is not.</summary>
internal sealed class SwitchServices
{
    private const int DnsPort = 53;

    private readonly SwitchConfiguration network;
    private readonly DnsResponder names;
    private readonly DhcpServer dhcp;
    private readonly TimeProvider time;
    private readonly uint dns;
    private readonly ulong ownMac;
    private readonly Dictionary<uint, NetworkHost> machines;

    /// <exception cref="FormatException">The configuration has an address that is none.</exception>
    public SwitchServices(SwitchConfiguration network, TimeProvider time)
    {
        (this.network, this.time) = (network, time);
        names = new DnsResponder(network.Zone(), network.IsIsolated);
        dhcp = new DhcpServer(network);
        dns = UdpFrame.ToNumber(network.Dns);
        machines = network.Hosts().DistinctBy(machine => machine.Address).ToDictionary(machine => UdpFrame.ToNumber(machine.Address));
        // Locally administered, and none of slirp's own.
        ownMac = 0x0200_0000_0000UL | dns;
    }

    public DhcpLeases Leases => dhcp.Leases;

    /// <summary>The leases have changed since this was last set to false.</summary>
    public bool LeasesChanged { get; set; }

    /// <summary>Looks at a guest's frame; allocates only for what is answered.</summary>
    /// <param name="frame">The whole of it.</param>
    /// <param name="reply">What goes back by the same port; null: nothing.</param>
    public SwitchVerdict Look(ReadOnlySpan<byte> frame, out byte[]? reply)
    {
        reply = null;
        if (frame.Length < LearningSwitch.SmallestFrame)
        {
            return SwitchVerdict.Forward;
        }

        bool isOwn = network.IsIsolated && UdpFrame.ReadMac(frame) == ownMac;
        if (UdpFrame.TryRead(frame, out UdpHeader header))
        {
            ReadOnlySpan<byte> payload = frame.Slice(header.PayloadStart, header.PayloadLength);
            if (header.DestinationPort == DnsPort && header.Destination == dns && names.Answer(payload) is { } answer)
            {
                reply = Back(frame, header, answer);
                return SwitchVerdict.Done;
            }

            if (header is { DestinationPort: DhcpMessage.ServerPort, SourcePort: DhcpMessage.ClientPort })
            {
                return Dhcp(frame, header, payload, out reply);
            }
        }
        else if (network.IsIsolated && IsArpForUs(frame))
        {
            reply = AnswerArp(frame);
            return SwitchVerdict.Done;
        }

        return isOwn ? SwitchVerdict.Done : SwitchVerdict.Forward;
    }

    /// <summary>The machine whose planned address an ARP request asks for; null: it is no such request, or not for a machine's.</summary>
    public NetworkHost? Sought(ReadOnlySpan<byte> frame) => IsArpRequest(frame) ? machines.GetValueOrDefault(AddressSought(frame)) : null;

    private SwitchVerdict Dhcp(ReadOnlySpan<byte> frame, UdpHeader header, ReadOnlySpan<byte> payload, out byte[]? reply)
    {
        reply = null;
        DhcpReply answer = dhcp.Handle(payload, time.GetUtcNow());
        LeasesChanged |= answer.Changed;
        if (answer.Message is { } message)
        {
            var back = new UdpHeader(dns, answer.Address, DhcpMessage.ServerPort, DhcpMessage.ClientPort);
            reply = UdpFrame.Write(answer.Mac, (UdpFrame.ReadMac(frame) & 0x0100_0000_0000) == 0 ? UdpFrame.ReadMac(frame) : ownMac, back, message);
        }

        // A renewal that is not for us is another machine's business, and goes where it is addressed to.
        bool isForOther = header.Destination != uint.MaxValue && header.Destination != dns && header.Destination != dns - 1;
        return answer.IsOurs ? SwitchVerdict.Done : isForOther ? SwitchVerdict.Forward : SwitchVerdict.GuestsOnly;
    }

    private static byte[] Back(ReadOnlySpan<byte> frame, UdpHeader header, byte[] payload) => UdpFrame.Write(
        UdpFrame.ReadMac(frame[6..]), UdpFrame.ReadMac(frame),
        new UdpHeader(header.Destination, header.Source, header.DestinationPort, header.SourcePort), payload);

    /// <summary>A request for the switch's own IPv4 address.</summary>
    private bool IsArpForUs(ReadOnlySpan<byte> frame) => IsArpRequest(frame) && AddressSought(frame) == dns;

    /// <summary>RFC 826: for an IPv4 address, on Ethernet.</summary>
    private static bool IsArpRequest(ReadOnlySpan<byte> frame) =>
        frame.Length >= 42 && frame[12] == 8 && frame[13] == 6 && frame[14..22].SequenceEqual<byte>([0, 1, 8, 0, 6, 4, 0, 1]);

    private static uint AddressSought(ReadOnlySpan<byte> request) => BinaryPrimitives.ReadUInt32BigEndian(request[38..]);

    private byte[] AnswerArp(ReadOnlySpan<byte> request)
    {
        byte[] reply = new byte[42];
        request[6..12].CopyTo(reply);
        UdpFrame.WriteMac(reply.AsSpan(6), ownMac);
        request[12..21].CopyTo(reply.AsSpan(12));
        reply[21] = 2;
        UdpFrame.WriteMac(reply.AsSpan(22), ownMac);
        request[38..42].CopyTo(reply.AsSpan(28));
        request[22..32].CopyTo(reply.AsSpan(32));
        return reply;
    }
}

/// <summary>What becomes of a frame that a guest sends.</summary>
internal enum SwitchVerdict
{
    /// <summary>It goes where the switch knows its station.</summary>
    Forward,

    /// <summary>It goes to guests, but never out: slirp would answer it too.</summary>
    GuestsOnly,

    /// <summary>The switch itself has dealt with it.</summary>
    Done,
}
