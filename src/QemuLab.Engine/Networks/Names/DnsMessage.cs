using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace QemuLab.Engine.Networks.Names;

/// <summary>A DNS query as bytes, and the answer to it: RFC 1035, as far as a resolver that asks for addresses needs it.</summary>
public static class DnsMessage
{
    public const int TypeA = 1;
    public const int TypePtr = 12;
    public const int TypeAny = 255;

    public const int FormatError = 1;
    public const int NameError = 3;
    public const int NotImplemented = 4;
    public const int Refused = 5;

    /// <summary>What fits into an unfragmented datagram everywhere, and what EDNS answers say (RFC 9715).</summary>
    public const int LongestAnswer = 1232;

    private const int HeaderLength = 12;
    private const int TypeOpt = 41;
    private const int ClassInternet = 1;
    private const int LongestName = 255;

    /// <summary>Short, because machines come and go.</summary>
    private const int SecondsToLive = 5;

    /// <summary>Whether it is a query and no answer: only queries are ever answered.</summary>
    public static bool IsQuery(ReadOnlySpan<byte> message) => message.Length >= HeaderLength && (message[2] & 0x80) == 0;

    /// <summary>The one question of a standard query.</summary>
    /// <returns>False for anything else, and for what is malformed.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, out DnsQuestion question)
    {
        question = default;
        if (!IsQuery(message) || (message[2] & 0x78) != 0 || Number(message, 4) != 1)
        {
            return false;
        }

        int at = HeaderLength;
        if (ReadName(message, ref at) is not { } name || at + 4 > message.Length)
        {
            return false;
        }

        question = new DnsQuestion(name, Number(message, at), Number(message, at + 2), at + 4, AsksWithOptions(message, at + 4));
        return question.Class is ClassInternet or TypeAny;
    }

    /// <summary>An authoritative answer; one without records says that the name is there but has none of the type.</summary>
    public static byte[] Answer(ReadOnlySpan<byte> query, DnsQuestion question, DnsFinding finding)
    {
        var answer = new AnswerBytes(query[..question.End]);
        if (question.Type is TypeA or TypeAny)
        {
            foreach (IPAddress address in finding.Addresses)
            {
                answer.Add(TypeA, address.GetAddressBytes());
            }
        }

        if (question.Type is TypePtr or TypeAny && finding.Name is { } name)
        {
            answer.Add(TypePtr, NameBytes(name));
        }

        return answer.Finish(question.HasOptions, finding.Outcome == DnsOutcome.Missing ? NameError : 0, authoritative: true);
    }

    /// <summary>An answer that is only a code, with the question where it could be read.</summary>
    public static byte[] Fail(ReadOnlySpan<byte> query, DnsQuestion? question, int code) =>
        new AnswerBytes(query[..(question?.End ?? HeaderLength)]).Finish(question?.HasOptions ?? false, code, authoritative: false);

    /// <summary>A name as labels, each with its length, and a zero.</summary>
    public static byte[] NameBytes(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => Encoding.ASCII.GetBytes(label).Prepend((byte)label.Length)), 0];

    /// <summary>Null where it is malformed. A question's name has nothing before it to point back to, so pointers, and with them loops, are refused.</summary>
    private static string? ReadName(ReadOnlySpan<byte> message, ref int at)
    {
        var name = new StringBuilder();
        while (at < message.Length && name.Length <= LongestName)
        {
            int length = message[at++];
            if (length == 0)
            {
                return name.ToString();
            }

            if (length > 63 || at + length > message.Length)
            {
                return null;
            }

            name.Append(name.Length > 0 ? "." : "");
            foreach (byte letter in message.Slice(at, length))
            {
                if (letter is <= (byte)' ' or >= 0x7f or (byte)'.')
                {
                    return null;
                }

                name.Append((char)letter);
            }

            at += length;
        }

        return null;
    }

    /// <summary>EDNS (RFC 6891): the first record after the question is OPT, as resolvers write it.</summary>
    private static bool AsksWithOptions(ReadOnlySpan<byte> message, int at) =>
        Number(message, 6) == 0 && Number(message, 8) == 0 && Number(message, 10) > 0
        && at + 11 <= message.Length && message[at] == 0 && Number(message, at + 1) == TypeOpt;

    private static int Number(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);

    private sealed class AnswerBytes
    {
        private readonly List<byte> bytes;
        private readonly bool hasQuestion;
        private int answers;

        public AnswerBytes(ReadOnlySpan<byte> asked)
        {
            bytes = [.. asked];
            hasQuestion = asked.Length > HeaderLength;
        }

        /// <summary>The name is a pointer to the question's, which every answer here is for.</summary>
        public void Add(int type, byte[] data)
        {
            if (bytes.Count + 12 + data.Length + 11 <= LongestAnswer)
            {
                bytes.AddRange([0xC0, HeaderLength, 0, (byte)type, 0, ClassInternet, 0, 0, 0, SecondsToLive, 0, (byte)data.Length, .. data]);
                answers++;
            }
        }

        public byte[] Finish(bool withOptions, int code, bool authoritative)
        {
            if (withOptions)
            {
                bytes.AddRange([0, 0, TypeOpt, LongestAnswer >> 8, LongestAnswer & 0xFF, 0, 0, 0, 0, 0, 0]);
            }

            byte[] whole = [.. bytes];

            // An answer, the operation and the wish for recursion as asked, recursion there.
            whole[2] = (byte)(0x80 | (whole[2] & 0x79) | (authoritative ? 0x04 : 0));
            whole[3] = (byte)(0x80 | code);
            BinaryPrimitives.WriteUInt16BigEndian(whole.AsSpan(4), (ushort)(hasQuestion ? 1 : 0));
            BinaryPrimitives.WriteUInt16BigEndian(whole.AsSpan(6), (ushort)answers);
            BinaryPrimitives.WriteUInt16BigEndian(whole.AsSpan(8), 0);
            BinaryPrimitives.WriteUInt16BigEndian(whole.AsSpan(10), (ushort)(withOptions ? 1 : 0));
            return whole;
        }
    }
}

/// <summary>What a query asks.</summary>
/// <param name="Name">Without the last dot; empty for the root.</param>
/// <param name="End">Where the question ends in the message.</param>
/// <param name="HasOptions">The asker speaks EDNS.</param>
public readonly record struct DnsQuestion(string Name, int Type, int Class, int End, bool HasOptions);
