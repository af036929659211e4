using System.Net;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>A machine as a balancer knows it, from when it is put behind a port until it is taken away.</summary>
internal sealed class Backend : IDisposable
{
    private readonly CancellationTokenSource gone = new();

    /// <exception cref="FormatException">An address is none.</exception>
    public Backend(PublishedBackend told)
    {
        Told = told;
        GuestAddress = UdpFrame.ToNumber(IPAddress.Parse(told.Address));
        Forward = told.ForwardPort is > 0 and <= IPEndPoint.MaxPort ? new IPEndPoint(IPAddress.Loopback, told.ForwardPort) : throw new FormatException($"{told.ForwardPort} is not a port");
        Gone = gone.Token;
    }

    public PublishedBackend Told { get; }

    public uint GuestAddress { get; }

    /// <summary>Slirp's side of the way to it.</summary>
    public IPEndPoint Forward { get; }

    /// <summary>The machine was stopped or is published no longer: what it still has open is dead.</summary>
    public CancellationToken Gone { get; }

    /// <summary>Until when it is asked last, because it lately kept silent; in the clock's timestamps.</summary>
    public long SilentUntil { get; set; }

    /// <summary>Elsewhere, because what ends by it may take a while, and who says so carries frames.</summary>
    public void Dispose() => gone.CancelAsync().ContinueWith(_ => gone.Dispose(), TaskScheduler.Default);
}
