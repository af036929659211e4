using System.Net;
using QemuLab.Engine.Networks.Balancing;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Tests.Networks.Balancing;

public sealed class HandshakesTests
{
    private const byte Syn = 0x02, Ack = 0x10, Reset = 0x04;

    private static readonly IPAddress Web = IPAddress.Parse("10.77.0.10");

    [Fact]
    public void The_machines_SYN_ACK_is_the_answer()
    {
        var handshakes = new Handshakes();
        using Handshakes.Awaited awaited = handshakes.Await(40_000, UdpFrame.ToNumber(Web), 80);
        Assert.True(handshakes.Any);

        handshakes.Look(FakeGuest.Frame(Web, 80, 40_000, Syn | Ack));

        Assert.True(awaited.Answered.IsCompletedSuccessfully);
    }

    [Fact]
    public void Nothing_else_is()
    {
        var handshakes = new Handshakes();
        using Handshakes.Awaited awaited = handshakes.Await(40_000, UdpFrame.ToNumber(Web), 80);

        handshakes.Look(FakeGuest.Frame(Web, 80, 40_000, Ack));
        handshakes.Look(FakeGuest.Frame(Web, 80, 40_000, Reset | Ack));
        handshakes.Look(FakeGuest.Frame(Web, 81, 40_000, Syn | Ack));
        handshakes.Look(FakeGuest.Frame(Web, 80, 40_001, Syn | Ack));
        handshakes.Look(FakeGuest.Frame(IPAddress.Parse("10.77.0.11"), 80, 40_000, Syn | Ack));
        byte[] frame = FakeGuest.Frame(Web, 80, 40_000, Syn | Ack);
        for (int length = 0; length < frame.Length; length++)
        {
            handshakes.Look(frame.AsSpan(0, length));
        }

        frame[14] = 0x4f;
        handshakes.Look(frame);

        Assert.False(awaited.Answered.IsCompleted);
    }

    [Fact]
    public void What_is_awaited_no_longer_is_not_looked_for()
    {
        var handshakes = new Handshakes();
        Handshakes.Awaited awaited = handshakes.Await(40_000, UdpFrame.ToNumber(Web), 80);
        awaited.Dispose();
        awaited.Dispose();

        handshakes.Look(FakeGuest.Frame(Web, 80, 40_000, Syn | Ack));

        Assert.False(handshakes.Any);
        Assert.False(awaited.Answered.IsCompleted);
    }
}
