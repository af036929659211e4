using System.Net;
using System.Net.Sockets;
using System.Text;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Networks.Balancing;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Networks.Balancing;

/// <summary>Three machines, the balancers of a switch, and clients of one published port.</summary>
internal sealed class BalancedHost : IDisposable
{
    private static readonly IPAddress Host = IPAddress.Parse("127.77.0.2");

    private readonly TransportProtocol protocol;
    private readonly int port;

    public BalancedHost(TransportProtocol protocol)
    {
        this.protocol = protocol;
        var handshakes = new Handshakes();
        Guests = [new FakeGuest("web0", 10, handshakes), new FakeGuest("web1", 11, handshakes), new FakeGuest("web2", 12, handshakes)];
        Balancers = new PortBalancers(new BalancerParts(name => !Dead.Contains(name), handshakes, Clock, _ => { }));
        port = PortProbe.FindFree(protocol);
        Publish(Guests);
    }

    public IReadOnlyList<FakeGuest> Guests { get; }

    /// <summary>Machines that do not run.</summary>
    public HashSet<string> Dead { get; } = [];

    public ManualTimeProvider Clock { get; } = new();

    public PortBalancers Balancers { get; }

    public IPEndPoint EndPoint => new(Host, port);

    /// <summary>Puts these machines, and no others, behind the port.</summary>
    public void Publish(params IEnumerable<FakeGuest> guests) => Assert.Empty(Balancers.Set([At(port, guests)]));

    public PublishedPort At(int hostPort, params IEnumerable<FakeGuest> guests) =>
        new(protocol, Host.ToString(), hostPort, [.. guests.Select(guest => protocol == TransportProtocol.Tcp ? guest.Tcp : guest.Udp)]);

    /// <summary>Connects, says so many bytes, says that this was all, and hears to the end.</summary>
    public async Task<string> AskAsync(int bytes = 3)
    {
        using TcpClient client = await ConnectAsync();
        return await AskAsync(client, bytes);
    }

    public async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(EndPoint, TestContext.Current.CancellationToken);
        return client;
    }

    public static async Task<string> AskAsync(TcpClient client, int bytes = 3)
    {
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(new byte[bytes], TestContext.Current.CancellationToken);
        client.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The machine that answers so many clients, one after the other.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(int times)
    {
        List<string> names = [];
        for (int i = 0; i < times; i++)
        {
            names.Add((await AskAsync()).Split(' ')[0]);
        }

        return names;
    }

    public void Dispose()
    {
        Balancers.Dispose();
        foreach (FakeGuest guest in Guests)
        {
            guest.Dispose();
        }
    }
}
