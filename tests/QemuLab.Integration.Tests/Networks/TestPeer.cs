using System.Net;
using System.Net.Sockets;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>A guest's NIC without the guest: frames in and out of the port's datagram socket, as QEMU does it.</summary>
internal sealed class TestPeer : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly UnixDomainSocketEndPoint port;
    private readonly byte[] buffer = new byte[70_000];

    public TestPeer(NetworkPaths paths, string name, byte number)
    {
        Mac = [0x52, 0x54, 0, 0, 0, number];
        port = new UnixDomainSocketEndPoint(paths.SwitchPort(name));
        File.Delete(paths.QemuPort(name));
        socket.Bind(new UnixDomainSocketEndPoint(paths.QemuPort(name)));
        socket.SendBufferSize = 1 << 20;
    }

    public byte[] Mac { get; }

    public void Send(byte[] destination, ReadOnlySpan<byte> payload) => socket.SendTo([.. destination, .. Mac, 0x88, 0xb5, .. payload], port);

    public void Broadcast(ReadOnlySpan<byte> payload) => Send([255, 255, 255, 255, 255, 255], payload);

    /// <summary>Asks who has an address; the answer is an ARP frame to us.</summary>
    public void AskFor(IPAddress wanted, IPAddress own) =>
        socket.SendTo([255, 255, 255, 255, 255, 255, .. Mac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, .. Mac, .. own.GetAddressBytes(), 0, 0, 0, 0, 0, 0, .. wanted.GetAddressBytes()], port);

    /// <summary>A whole frame, as it is.</summary>
    public void SendFrame(byte[] frame) => socket.SendTo(frame, port);

    /// <summary>Whether a frame waits.</summary>
    public bool HasFrame => socket.Available > 0;

    /// <summary>The next frame.</summary>
    public async Task<byte[]> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        int length = await socket.ReceiveAsync(buffer, limit.Token);
        return buffer[..length];
    }

    /// <summary>The payload of the next frame that a test sent; what slirp says by itself is passed over.</summary>
    public async Task<byte[]> ReceivePayloadAsync()
    {
        byte[] frame;
        do
        {
            frame = await ReceiveAsync();
        }
        while (frame[12] != 0x88 || frame[13] != 0xb5);

        return frame[14..];
    }

    public void Dispose() => socket.Dispose();
}
