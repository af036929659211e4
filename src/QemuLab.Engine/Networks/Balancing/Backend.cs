using System.Net;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Engine.Networks.Balancing;

/// <summary>A machine as a balancer knows it, from when it is put behind a port until it is taken away.</summary>
internal sealed class Backend : IDisposable
{
    /// <summary>
    /// Slirp lets the kernel keep two connections until it accepts them. One more may look open on this side and never be there on
    /// slirp's: where SYN cookies are used, nobody repeats anything.
    /// </summary>
    private const int MostOpening = 2;

    private readonly CancellationTokenSource gone = new();
    private readonly SemaphoreSlim opening = new(MostOpening);

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

    /// <summary>Waits until a connection to it may be opened; what is returned is disposed of once the machine has answered.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellation)
    {
        await opening.WaitAsync(cancellation);
        return new Turn(opening);
    }

    /// <summary>Elsewhere, because what ends by it may take a while, and who says so carries frames.</summary>
    public void Dispose() => gone.CancelAsync().ContinueWith(_ => gone.Dispose(), TaskScheduler.Default);

    private sealed class Turn(SemaphoreSlim opening) : IDisposable
    {
        public void Dispose() => opening.Release();
    }
}
