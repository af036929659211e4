using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using QemuLab.Engine.Networks.Balancing;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Tests.Networks.Balancing;

/// <summary>
/// A machine and slirp in front of it, on a port of 127.0.0.1: accepts everything as slirp does, shows the machine's SYN-ACK to
/// the switch where the machine accepts, and then says its name and how many bytes it was sent.
/// </summary>
internal sealed class FakeGuest : IDisposable
{
    public const int Port = 80;

    private readonly Handshakes handshakes;
    private readonly TcpListener tcp = new(IPAddress.Loopback, 0);
    private readonly UdpClient udp = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly byte number;

    public FakeGuest(string name, byte number, Handshakes handshakes)
    {
        (Name, this.number, this.handshakes) = (name, number, handshakes);
        tcp.Start();
        _ = AcceptAsync();
        _ = AnswerAsync();
    }

    /// <summary>What the machine does with a connection.</summary>
    public enum Mood
    {
        Accepts,
        Refuses,
        IsSilent,
    }

    public string Name { get; }

    public Mood Does { get; set; }

    /// <summary>How often slirp has accepted for it.</summary>
    public int Asked { get; private set; }

    public IPAddress Address => IPAddress.Parse($"10.77.0.{number}");

    public PublishedBackend Tcp => new(Name, Address.ToString(), Port, ((IPEndPoint)tcp.LocalEndpoint).Port);

    public PublishedBackend Udp => new(Name, Address.ToString(), Port, ((IPEndPoint)udp.Client.LocalEndPoint!).Port);

    /// <summary>A TCP frame from a machine to the host.</summary>
    public static byte[] Frame(IPAddress from, int guestPort, int hostPort, byte flags)
    {
        byte[] frame = new byte[54];
        frame[12] = 8;
        frame[14] = 0x45;
        frame[23] = 6;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(26), UdpFrame.ToNumber(from));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(34), (ushort)guestPort);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(36), (ushort)hostPort);
        frame[47] = flags;
        return frame;
    }

    public void Dispose()
    {
        tcp.Dispose();
        udp.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket connection = await tcp.AcceptSocketAsync();
                Asked++;
                switch (Does)
                {
                    case Mood.Accepts:
                        handshakes.Look(Frame(Address, Port, ((IPEndPoint)connection.RemoteEndPoint!).Port, 0x12));
                        _ = ServeAsync(connection);
                        break;
                    case Mood.Refuses:
                        connection.Dispose();
                        break;
                    default:
                        break;
                }
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            using (connection)
            {
                await connection.SendAsync(Encoding.ASCII.GetBytes(Name + " "));
                byte[] buffer = new byte[4096];
                long count = 0;
                for (int length; (length = await connection.ReceiveAsync(buffer)) > 0; count += length)
                {
                }

                await connection.SendAsync(Encoding.ASCII.GetBytes($"{count}"));
            }
        }
        catch (SocketException)
        {
        }
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                UdpReceiveResult asked = await udp.ReceiveAsync();
                await udp.SendAsync(Encoding.ASCII.GetBytes($"{Name} {asked.Buffer.Length}"), asked.RemoteEndPoint);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
        }
    }
}
