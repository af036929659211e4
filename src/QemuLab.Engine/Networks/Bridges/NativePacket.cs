using System.Runtime.InteropServices;

namespace QemuLab.Engine.Networks;

/// <summary>Linux's packet sockets, as far as .NET has no call of its own for them.</summary>
internal static unsafe partial class NativePacket
{
    /// <summary>AF_PACKET.</summary>
    public const ushort Family = 17;

    /// <summary>SOCK_RAW with SOCK_NONBLOCK and SOCK_CLOEXEC.</summary>
    public const int RawSocket = 3 | 0x800 | 0x80000;

    /// <summary>ETH_P_ALL in network order.</summary>
    public const ushort EveryProtocol = 0x0300;

    /// <summary>SOL_PACKET.</summary>
    public const int PacketLevel = 263;

    public const int AddMembership = 1;
    public const int Statistics = 6;

    /// <summary>PACKET_MR_PROMISC: the interface hears everything as long as the socket is open.</summary>
    public const ushort Promiscuous = 1;

    /// <summary>MSG_TRUNC: the frame's whole length is told, however much of it fits.</summary>
    public const int TellWholeLength = 0x20;

    public const int OperationNotPermitted = 1;

    /// <summary>struct sockaddr_ll.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct LinkAddress
    {
        public ushort Family;
        public ushort Protocol;
        public int Interface;
        public ushort HardwareType;
        public byte PacketType;
        public byte AddressLength;
        public ulong Address;
    }

    /// <summary>struct packet_mreq.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Membership
    {
        public int Interface;
        public ushort Type;
        public ushort AddressLength;
        public ulong Address;
    }

    /// <summary>struct tpacket_stats: since it was last asked for.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Counts
    {
        public uint Packets;
        public uint Drops;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Open(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int socket, LinkAddress* address, uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int option, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int socket, int level, int option, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint IndexOf(string interfaceName);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int socket);
}
