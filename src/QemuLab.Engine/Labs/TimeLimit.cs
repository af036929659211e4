namespace QemuLab.Engine.Labs;

/// <summary>A token that is cancelled when a time has passed; never, where there is no limit.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource source;

    public TimeLimit(TimeSpan? limit, TimeProvider clock) =>
        source = limit is { } time ? new CancellationTokenSource(time, clock) : new CancellationTokenSource();

    public CancellationToken Token => source.Token;

    public void Dispose() => source.Dispose();
}
