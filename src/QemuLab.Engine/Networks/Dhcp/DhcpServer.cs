using System.Buffers.Binary;
using System.Net;
using System.Text;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Engine.Networks.Dhcp;

/// <summary>
/// Answers DHCP clients (RFC 2131): a machine of the lab gets the address that was planned for it, others one of the pool.
/// It is the network's only server, and says no where a client asks for an address that it may not have.
/// </summary>
internal sealed class DhcpServer
{
    private const uint Forever = uint.MaxValue;

    private readonly SwitchConfiguration network;
    private readonly Dictionary<ulong, NetworkHost> hosts = [];
    private readonly SortedDictionary<int, byte[]> common = [];
    private readonly uint server;

    public DhcpServer(SwitchConfiguration network)
    {
        this.network = network;
        server = Number(network.Dns);
        Leases = network.Pool is { } pool
            ? new DhcpLeases(Number(pool.First), Number(pool.Last), Reserved(network))
            : DhcpLeases.None;
        foreach (NetworkHost host in network.Hosts())
        {
            hosts[host.Mac.Value] = host;
        }

        FillCommon();
    }

    public DhcpLeases Leases { get; }

    /// <summary>What it does with a client's message.</summary>
    /// <param name="bytes">The datagram's payload.</param>
    /// <param name="now">For the leases.</param>
    public DhcpReply Handle(ReadOnlySpan<byte> bytes, DateTimeOffset now)
    {
        if (DhcpMessage.Read(bytes) is not { } message)
        {
            return DhcpReply.Ignored;
        }

        return message.Type switch
        {
            DhcpType.Discover => Discover(message, now),
            DhcpType.Request => Request(message, now),
            DhcpType.Inform => Reply(message, DhcpType.Ack, 0),
            DhcpType.Release => new DhcpReply(true, Changed: Leases.Release(message.Mac, message.ClientAddress, now)),
            DhcpType.Decline => new DhcpReply(true, Changed: Leases.Decline(message.Mac, message.RequestedAddress ?? 0, now)),
            _ => DhcpReply.Ignored,
        };
    }

    private DhcpReply Discover(DhcpMessage message, DateTimeOffset now)
    {
        uint? address = Planned(message.Mac) ?? Leases.Offer(message.Mac, message.RequestedAddress, now);
        return address is { } offered ? Reply(message, DhcpType.Offer, offered) : DhcpReply.NotOurs;
    }

    private DhcpReply Request(DhcpMessage message, DateTimeOffset now)
    {
        if (message.ServerAddress is { } chosen && chosen != server)
        {
            return DhcpReply.NotOurs;
        }

        uint asked = message.RequestedAddress ?? message.ClientAddress;
        bool mayHave = Planned(message.Mac) is { } planned
            ? asked == planned
            : Leases.TryTake(message.Mac, asked, now + network.Lease, now);
        return mayHave ? Reply(message, DhcpType.Ack, asked) with { Changed = true }
            : hosts.ContainsKey(message.Mac) || network.Pool is not null ? Reply(message, DhcpType.Nak, 0)
            : DhcpReply.NotOurs;
    }

    private DhcpReply Reply(DhcpMessage message, DhcpType type, uint address)
    {
        SortedDictionary<int, byte[]> given = type == DhcpType.Nak ? [] : new(common);
        given[54] = Bytes(server);
        if (type != DhcpType.Nak && hosts.TryGetValue(message.Mac, out NetworkHost? host))
        {
            given.TryAdd(12, Encoding.ASCII.GetBytes(host.Name));
        }

        if (address == 0)
        {
            // To INFORM no time is given: RFC 2131, 4.3.5.
            given.Remove(51);
            given.Remove(58);
            given.Remove(59);
        }

        bool broadcast = type == DhcpType.Nak || message.WantsBroadcast;
        uint to = broadcast ? uint.MaxValue : address != 0 ? address : message.ClientAddress;
        return new DhcpReply(true, message.Answer(type, address, given), broadcast ? 0xFFFF_FFFF_FFFF : message.Mac, to == 0 ? uint.MaxValue : to);
    }

    private void FillCommon()
    {
        common[1] = Bytes(network.Subnet.PrefixLength == 0 ? 0 : uint.MaxValue << (32 - network.Subnet.PrefixLength));
        if (network.Gateway is { } gateway)
        {
            common[3] = gateway.GetAddressBytes();
        }

        common[6] = network.Dns.GetAddressBytes();
        common[15] = Encoding.ASCII.GetBytes(network.Domain);
        common[119] = DhcpOptionValue.Search([network.Domain]);
        common[26] = Bytes((uint)network.Mtu)[2..];
        common[28] = network.Subnet.Broadcast.GetAddressBytes();
        uint seconds = (uint)Math.Clamp(network.Lease.TotalSeconds, 60, Forever - 1);
        common[51] = Bytes(seconds);
        common[58] = Bytes(seconds / 2);
        common[59] = Bytes((uint)(seconds * 7L / 8));
        foreach (DhcpOption option in network.Options.Where(option => option.Number is > 0 and < 255 and not 53 and not 54))
        {
            common[option.Number] = DhcpOptionValue.Encode(option);
        }
    }

    private uint? Planned(ulong mac) => hosts.TryGetValue(mac, out NetworkHost? host) ? Number(host.Address) : null;

    /// <summary>What the pool must not hand out: the machines' addresses and those with a name, the lab's own ones, the network's and the broadcast's.</summary>
    private static HashSet<uint> Reserved(SwitchConfiguration network) =>
    [
        .. network.Hosts().Select(host => Number(host.Address)),
        .. network.Records.Select(record => Number(IPAddress.Parse(record.Address))),
        .. Enumerable.Range(0, 4).Select(n => Number(network.Subnet.Address(n))),
        Number(network.Subnet.Broadcast),
    ];

    private static uint Number(IPAddress address) => UdpFrame.ToNumber(address);

    private static byte[] Bytes(uint number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}

/// <summary>What became of a client's message.</summary>
/// <param name="IsOurs">False: another server, in a machine of the lab, may answer.</param>
/// <param name="Message">Back to the client; null: nothing.</param>
/// <param name="Mac">Whom the frame is for.</param>
/// <param name="Address">Whom the packet is for.</param>
/// <param name="Changed">The leases should be written down.</param>
internal readonly record struct DhcpReply(bool IsOurs, byte[]? Message = null, ulong Mac = 0, uint Address = 0, bool Changed = false)
{
    public static readonly DhcpReply Ignored = new(true);

    public static readonly DhcpReply NotOurs = new(false);
}
