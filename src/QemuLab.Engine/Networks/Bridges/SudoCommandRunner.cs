using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>
/// Runs the programs that change this host's network by way of a helper that sudo starts: at need, again when it has ended,
/// and no longer than it has something to do.
/// </summary>
/// <param name="command">Starts it.</param>
internal sealed class SudoCommandRunner(Command command) : ICommandRunner, IDisposable
{
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim turns = new(1, 1);
    private NetworkHelperProcess? process;
    private Timer? idle;

    /// <summary>Starts it, where it does not run.</summary>
    /// <exception cref="QemuLabException">It does not start (code <c>helper-refused</c>), or cannot work.</exception>
    public async Task ProveAsync(CancellationToken cancellation)
    {
        await turns.WaitAsync(cancellation);
        try
        {
            process ??= await NetworkHelperProcess.StartAsync(command, cancellation);
            EndWhenIdle();
        }
        finally
        {
            turns.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>The program is found by its bare name, with the helper's PATH.</remarks>
    public async Task<CommandResult> RunAsync(Command wanted, CancellationToken cancellation = default)
    {
        var request = new NetworkHelperRequest(Path.GetFileName(wanted.Program), wanted.Arguments) { Input = wanted.Input, TimeLimit = wanted.TimeLimit?.TotalMilliseconds };
        await turns.WaitAsync(cancellation);
        try
        {
            process ??= await NetworkHelperProcess.StartAsync(command, cancellation);
            NetworkHelperAnswer answer = await process.AskAsync(request, cancellation);
            EndWhenIdle();
            return new CommandResult(answer.ExitCode, answer.Output, answer.Error, answer.TimedOut);
        }
        catch
        {
            // Whatever it was: an answer that comes later must not be taken for the next one's.
            End();
            throw;
        }
        finally
        {
            turns.Release();
        }
    }

    /// <summary>Captures an interface by a helper of its own.</summary>
    /// <exception cref="QemuLabException">There is no such interface, or it may not be captured.</exception>
    public async Task CaptureAsync(string interfaceName, Stream pcapng, CancellationToken cancellation)
    {
        using NetworkHelperProcess own = await NetworkHelperProcess.StartAsync(command, cancellation);
        await own.AskAsync(new NetworkHelperRequest(null, []) { Capture = interfaceName }, cancellation);
        await own.CopyFramesAsync(pcapng, cancellation);
    }

    public void Dispose()
    {
        End();
        turns.Dispose();
    }

    private void EndWhenIdle()
    {
        idle ??= new Timer(_ => _ = EndInTurnAsync());
        idle.Change(IdleLimit, Timeout.InfiniteTimeSpan);
    }

    private async Task EndInTurnAsync()
    {
        await turns.WaitAsync();
        End();
        turns.Release();
    }

    private void End()
    {
        idle?.Dispose();
        process?.Dispose();
        (idle, process) = (null, null);
    }
}
