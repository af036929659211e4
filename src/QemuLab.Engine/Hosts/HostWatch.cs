namespace QemuLab.Engine.Hosts;

/// <summary>The host's facts, probed once and kept fresh: free memory and disk at each look, everything when QEMU has changed.</summary>
/// <param name="probe">The whole probe; may take seconds.</param>
/// <param name="refresh">What changes by the minute; takes milliseconds.</param>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "a SemaphoreSlim whose wait handle nobody asks for holds nothing to free")]
public sealed class HostWatch(Func<CancellationToken, Task<HostFacts>> probe, Func<HostFacts, CancellationToken, Task<HostFacts>> refresh)
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private HostFacts? facts;
    private DateTime qemuWritten;

    /// <summary>As last looked at.</summary>
    /// <exception cref="InvalidOperationException">Nobody has looked yet.</exception>
    public HostFacts Facts => Volatile.Read(ref facts) ?? throw new InvalidOperationException("the host has not been probed yet");

    public async Task<HostFacts> LookAsync(CancellationToken cancellation = default)
    {
        await gate.WaitAsync(cancellation);
        try
        {
            HostFacts now = facts is { Qemu: { } qemu } known && File.GetLastWriteTimeUtc(qemu.SystemPath) == qemuWritten
                ? await refresh(known, cancellation)
                : await probe(cancellation);
            qemuWritten = now.Qemu is null ? default : File.GetLastWriteTimeUtc(now.Qemu.SystemPath);
            Volatile.Write(ref facts, now);
            return now;
        }
        finally
        {
            gate.Release();
        }
    }
}
