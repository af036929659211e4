using System.Buffers.Binary;
using System.Net;
using System.Text;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>Ethernet frames, each with a mark in it by which it is known again.</summary>
internal static class Frames
{
    public static readonly MacAddress Broadcast = new(0xffff_ffff_ffff);

    /// <summary>An ARP request; the mark lies in the padding.</summary>
    public static byte[] Arp(MacAddress source, MacAddress senderMac, string sender, string target, string mark) => Ethernet(Broadcast, source, 0x0806,
    [
        0, 1, 8, 0, 6, 4, 0, 1, .. Bytes(senderMac), .. Bytes(sender), 0, 0, 0, 0, 0, 0, .. Bytes(target), .. Encoding.ASCII.GetBytes(mark),
    ]);

    public static byte[] Udp(MacAddress to, MacAddress source, string from, string target, int sourcePort, int targetPort, string mark)
    {
        byte[] udp = [.. Number(sourcePort), .. Number(targetPort), .. Number(8 + mark.Length), 0, 0, .. Encoding.ASCII.GetBytes(mark)];
        byte[] header = [0x45, 0, .. Number(20 + udp.Length), 0, 0, 0, 0, 64, 17, 0, 0, .. Bytes(from), .. Bytes(target)];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), Checksum(header));
        return Ethernet(to, source, 0x0800, [.. header, .. udp]);
    }

    /// <summary>ICMPv6 of the type, with a target (of neighbour discovery).</summary>
    public static byte[] Icmp6(MacAddress to, MacAddress source, string from, string target, byte type, string about, string mark)
    {
        byte[] icmp = [type, 0, 0, 0, 0, 0, 0, 0, .. Bytes(about), .. Encoding.ASCII.GetBytes(mark)];
        byte[] pseudo = [.. Bytes(from), .. Bytes(target), 0, 0, .. Number(icmp.Length), 0, 0, 0, 58, .. icmp];
        BinaryPrimitives.WriteUInt16BigEndian(icmp.AsSpan(2), Checksum(pseudo));
        return Ethernet(to, source, 0x86dd, [0x60, 0, 0, 0, .. Number(icmp.Length), 58, 255, .. Bytes(from), .. Bytes(target), .. icmp]);
    }

    public static byte[] Ethernet(MacAddress to, MacAddress source, int type, byte[] content)
    {
        byte[] frame = [.. Bytes(to), .. Bytes(source), .. Number(type), .. content];
        return frame.Length < 60 ? [.. frame, .. new byte[60 - frame.Length]] : frame;
    }

    private static byte[] Bytes(MacAddress mac) => Convert.FromHexString(mac.ToString().Replace(":", "", StringComparison.Ordinal));

    private static byte[] Bytes(string address) => IPAddress.Parse(address).GetAddressBytes();

    private static byte[] Number(int value) => [(byte)(value >> 8), (byte)value];

    private static ushort Checksum(byte[] bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += (uint)((bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
