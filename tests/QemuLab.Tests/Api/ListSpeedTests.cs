using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace QemuLab.Tests.Api;

/// <summary>Says how many lists a second a daemon answers with; tests/bench names the daemon's socket and compares it with its goal.</summary>
[Trait("Category", "bench")]
public sealed class ListSpeedTests(ITestOutputHelper output)
{
    private const int Connections = 4;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3), Measured = TimeSpan.FromSeconds(5);

    [Fact]
    public void A_daemon_answers_lists_on_four_connections()
    {
        string socket = Environment.GetEnvironmentVariable("BENCH_SOCKET") ?? "";
        Assert.SkipWhen(socket.Length == 0, "BENCH_SOCKET names no daemon to measure: make bench");
        long[] answers = new long[Connections];
        long size = 0;
        var clock = Stopwatch.StartNew();
        Thread[] clients = [.. Enumerable.Range(0, Connections).Select(index => new Thread(() =>
        {
            using var client = new ListClient(socket);
            while (clock.Elapsed < WarmUp + Measured)
            {
                long bytes = client.Ask();
                Interlocked.Exchange(ref size, bytes);
                answers[index] += clock.Elapsed > WarmUp ? 1 : 0;
            }
        }))];
        Array.ForEach(clients, client => client.Start());
        Array.ForEach(clients, client => client.Join());
        double rate = answers.Sum() / Measured.TotalSeconds;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lists: {rate:0} a second of {size / 1024.0:0} kB"));
        Assert.True(rate > 0);
    }

    /// <summary>A keep-alive connection that does no more than it must: the client shares the cores with the daemon.</summary>
    private sealed class ListClient : IDisposable
    {
        private static readonly byte[] Request = Encoding.ASCII.GetBytes("GET /v1/machines HTTP/1.1\r\nHost: localhost\r\n\r\n");

        private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly byte[] buffer = new byte[1 << 20];

        public ListClient(string path) => socket.Connect(new UnixDomainSocketEndPoint(path));

        /// <summary>The size of the answer's body.</summary>
        public long Ask()
        {
            socket.Send(Request);
            int got = 0, head;
            do
            {
                got += Receive(got);
                head = buffer.AsSpan(0, got).IndexOf("\r\n\r\n"u8);
            }
            while (head < 0);

            string headers = Encoding.ASCII.GetString(buffer, 0, head);
            Assert.StartsWith("HTTP/1.1 200", headers, StringComparison.Ordinal);
            int at = headers.IndexOf("Content-Length: ", StringComparison.Ordinal);
            if (at >= 0)
            {
                int length = int.Parse(headers[(at + 16)..].Split("\r\n")[0], CultureInfo.InvariantCulture);
                for (int left = length - (got - head - 4); left > 0; left -= Receive(0))
                {
                }

                return length;
            }

            long total = got - head - 4;
            for (ReadOnlySpan<byte> end = "0\r\n\r\n"u8; !buffer.AsSpan(0, got).EndsWith(end); total += got)
            {
                got = Receive(0);
            }

            return total;
        }

        public void Dispose() => socket.Dispose();

        private int Receive(int at)
        {
            int count = socket.Receive(buffer, at, buffer.Length - at, SocketFlags.None);
            return count > 0 ? count : throw new IOException("the daemon closed the connection");
        }
    }
}
