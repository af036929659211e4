using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Networks.Dhcp;

namespace QemuLab.Tests.Networks.Dhcp;

/// <summary>A DHCP client's messages, and what a server's says.</summary>
internal static class DhcpClient
{
    public static MacAddress Mac(int n) => new(0x5254_0000_0000UL + (ulong)n);

    public static byte[] Message(DhcpType type, MacAddress mac, string? requested = null, string? server = null, string? current = null, bool broadcast = false)
    {
        byte[] bytes = new byte[240];
        (bytes[0], bytes[1], bytes[2], bytes[10]) = (1, 1, 6, (byte)(broadcast ? 0x80 : 0));
        bytes[4] = 0x77;
        current?.Split('.').Select(part => byte.Parse(part, CultureInfo.InvariantCulture)).ToArray().CopyTo(bytes, 12);
        for (int i = 0; i < 6; i++)
        {
            bytes[28 + i] = (byte)(mac.Value >> (40 - (8 * i)));
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(236), 0x63825363);
        return
        [
            .. bytes, 53, 1, (byte)type,
            .. requested is null ? [] : (byte[])[50, 4, .. IPAddress.Parse(requested).GetAddressBytes()],
            .. server is null ? [] : (byte[])[54, 4, .. IPAddress.Parse(server).GetAddressBytes()],
            255,
        ];
    }

    public static Dictionary<int, byte[]> Options(byte[] message)
    {
        var options = new Dictionary<int, byte[]>();
        for (int at = 240; message[at] != 255; at += 2 + message[at + 1])
        {
            options.Add(message[at], message[(at + 2)..(at + 2 + message[at + 1])]);
        }

        return options;
    }

    /// <summary>The type and the address: <c>Offer 10.77.0.11</c>.</summary>
    public static string Say(DhcpReply reply) =>
        reply.Message is { } message ? $"{(DhcpType)Options(message)[53][0]} {new IPAddress(message.AsSpan(16, 4))}" : reply.IsOurs ? "nothing" : "another's";
}
