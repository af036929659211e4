using System.Buffers.Binary;
using System.Net;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Tests.Networks.Names;

/// <summary>Queries as resolvers write them, a zone to ask, and what an answer says in one line.</summary>
internal static class DnsQueries
{
    public static byte[] Query(string name, int type = DnsMessage.TypeA, bool edns = false) =>
    [
        0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, (byte)(edns ? 1 : 0), .. DnsMessage.NameBytes(name), 0, (byte)type, 0, 1,
        .. edns ? [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0] : Array.Empty<byte>(),
    ];

    public static DnsZone Zone() => new(
        Subnet.Parse("10.77.0.0/24"), "k8s.lab",
        [("control0", IPAddress.Parse("10.77.0.11")), ("worker0", IPAddress.Parse("10.77.0.14"))],
        [
            new NameRecord("api.k8s.lab", IPAddress.Parse("10.77.0.10")),
            new NameRecord("*.apps.k8s.lab", IPAddress.Parse("10.77.0.20")),
            new NameRecord("*.elsewhere.test", IPAddress.Parse("10.77.0.21")),
            new NameRecord("two.k8s.lab", IPAddress.Parse("10.77.0.14")),
            new NameRecord("two.k8s.lab", IPAddress.Parse("10.77.0.15")),
            new NameRecord("host.k8s.lab", IPAddress.Parse("10.77.0.2")),
        ]);

    /// <summary>The code, whether it is authoritative, and the addresses or names.</summary>
    public static string Say(byte[]? answer, int questionLength)
    {
        if (answer is null)
        {
            return "passed on";
        }

        string said = (answer[3] & 15) switch { 0 => "ok", 1 => "malformed", 3 => "no such name", 4 => "not implemented", 5 => "refused", var code => $"{code}" };
        said += (answer[2] & 4) != 0 ? "" : ", not authoritative";
        int at = 12 + questionLength;
        for (int i = 0; i < BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6)); i++)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(at + 10));
            Assert.InRange(BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(at + 6)), 1, 60);
            ReadOnlySpan<byte> data = answer.AsSpan(at + 12, length);
            said += " " + (length == 4 ? new IPAddress(data) : Name(data));
            at += 12 + length;
        }

        return said;
    }

    private static string Name(ReadOnlySpan<byte> labels)
    {
        var parts = new List<string>();
        for (int at = 0; labels[at] != 0; at += 1 + labels[at])
        {
            parts.Add(System.Text.Encoding.ASCII.GetString(labels.Slice(at + 1, labels[at])));
        }

        return string.Join('.', parts);
    }
}
