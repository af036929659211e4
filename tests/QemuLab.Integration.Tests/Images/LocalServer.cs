using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QemuLab.Integration.Tests.Images;

/// <summary>A web server on 127.0.0.1 with one file, which knows ranges and can hang up in the middle of a body.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task serving;
    private readonly byte[] file;

    public LocalServer(byte[] file)
    {
        this.file = file;
        listener.Start();
        serving = ServeAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/disk.qcow2");

    /// <summary>The next body ends after so many bytes, without a word.</summary>
    public int? HangUpAfter { get; set; }

    /// <summary>Where each request asked to begin.</summary>
    public List<int> Starts { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using TcpClient client = await listener.AcceptTcpClientAsync(stop.Token);
            await AnswerAsync(client.GetStream());
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        int start = 0;
        bool isRange = false;
        while (await reader.ReadLineAsync(stop.Token) is { Length: > 0 } line)
        {
            if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
            {
                start = int.Parse(line["Range: bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture);
                isRange = true;
            }
        }

        Starts.Add(start);
        string status = isRange ? $"206 Partial Content\r\nContent-Range: bytes {start}-{file.Length - 1}/{file.Length}" : "200 OK";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {file.Length - start}\r\nConnection: close\r\n\r\n"), stop.Token);
        int length = Math.Min(HangUpAfter ?? int.MaxValue, file.Length - start);
        HangUpAfter = null;
        await stream.WriteAsync(file.AsMemory(start, length), stop.Token);
    }
}
