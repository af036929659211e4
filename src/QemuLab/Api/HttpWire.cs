using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace QemuLab.Api;

/// <summary>An answer up to its body.</summary>
/// <param name="Status">Such as 200.</param>
/// <param name="Build">What the daemon says of itself in <see cref="HttpWire.BuildHeader"/>.</param>
/// <param name="Body">What follows, as the head says that it is framed.</param>
internal sealed record AnswerHead(int Status, string? Build, Stream Body);

/// <summary>As much of HTTP/1.1 as a client needs that sends one request on a connection and reads one answer.</summary>
internal static class HttpWire
{
    /// <summary>Says whether daemon and command line are of one build, so that no body need be read.</summary>
    public const string BuildHeader = "QemuLab-Build";

    private const int HeadLimit = 64 * 1024;

    public static void SendRequest(Socket socket, string method, string path, byte[]? body)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"{method} {path} HTTP/1.1\r\nHost: qemulab\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body?.Length ?? 0}\r\n\r\n");
        byte[] request = new byte[head.Length + (body?.Length ?? 0)];
        Encoding.ASCII.GetBytes(head, request);
        body?.CopyTo(request, head.Length);
        for (int sent = 0; sent < request.Length;)
        {
            sent += socket.Send(request.AsSpan(sent));
        }
    }

    /// <summary>Reads status and headers, and wraps what follows as the header says that it is framed.</summary>
    /// <exception cref="IOException">It is no HTTP, or it ended early.</exception>
    public static AnswerHead ReadHead(Stream stream)
    {
        string[] parts = ReadLine(stream).Split(' ', 3);
        if (parts.Length < 2 || !parts[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out int status))
        {
            throw new IOException("the answer is not HTTP");
        }

        Stream body = stream;
        string? build = null;
        for (string header; (header = ReadLine(stream)).Length > 0;)
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            string value = header[(colon + 1)..].Trim();
            switch (header[..Math.Max(0, colon)].ToLowerInvariant())
            {
                case "transfer-encoding" when value.Equals("chunked", StringComparison.OrdinalIgnoreCase):
                    body = BodyStream.Chunked(stream);
                    break;
                case "content-length":
                    body = BodyStream.OfLength(stream, long.Parse(value, CultureInfo.InvariantCulture));
                    break;
                case "qemulab-build":
                    build = value;
                    break;
            }
        }

        return new AnswerHead(status, build, body);
    }

    /// <summary>A line of the head or of the chunking, without its end.</summary>
    public static string ReadLine(Stream stream)
    {
        var line = new StringBuilder();
        while (stream.ReadByte() is var value && value != '\n')
        {
            if (value < 0 || line.Length > HeadLimit)
            {
                throw new IOException("the answer ended early");
            }

            line.Append((char)value);
        }

        return line.ToString().TrimEnd('\r');
    }
}
