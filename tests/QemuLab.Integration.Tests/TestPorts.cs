using System.Net;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests;

/// <summary>
/// Host ports for tests, none twice in a run: above those that labs choose for SSH, and below those that the system gives to
/// outgoing connections, so that no login of another test takes one while nobody listens there.
/// </summary>
internal static class TestPorts
{
    private const int First = 32_000, Count = 768;

    private static int last = Random.Shared.Next(Count);

    /// <summary>A port that nobody has on 127.0.0.1.</summary>
    public static int Free(TransportProtocol protocol = TransportProtocol.Tcp)
    {
        for (int i = 0; i < Count; i++)
        {
            int port = First + (Interlocked.Increment(ref last) % Count);
            if (PortProbe.IsFree(IPAddress.Loopback, port, protocol))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"no port from {First} to {First + Count - 1} is free");
    }
}
