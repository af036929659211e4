using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QemuLab.Tests.Ssh;

/// <summary>A port that accepts at once, as slirp's do, and sends something or nothing; what it sends can be changed on the way.</summary>
internal sealed class BannerServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> clients = [];
    private readonly Task serving;

    public BannerServer(string? banner)
    {
        Banner = banner;
        listener.Start();
        serving = ServeAsync();
    }

    /// <summary>Null: silence.</summary>
    public string? Banner { get; set; }

    public int Connections => clients.Count;

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
        clients.ForEach(client => client.Dispose());
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await listener.AcceptTcpClientAsync();
                clients.Add(client);
                if (Banner is { } banner)
                {
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(banner));
                }
            }
        }
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
