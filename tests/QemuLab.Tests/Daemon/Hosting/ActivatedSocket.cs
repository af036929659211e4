using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Daemon;

/// <summary>A socket held by systemd-socket-activate, which becomes the daemon at the first connection. Needs package systemd; nothing of it needs to run.</summary>
internal sealed class ActivatedSocket : IAsyncDisposable
{
    private readonly CancellationTokenSource end = new();
    private Task<CommandResult> runs = Task.FromResult(new CommandResult(0, "", "", TimedOut: false));

    public required string Path { get; init; }

    /// <summary>The same before and after it has become the daemon.</summary>
    public int ProcessId { get; private set; }

    public static async Task<ActivatedSocket> ListenAsync(Qemulab qemulab, string? path = null)
    {
        var socket = new ActivatedSocket { Path = path ?? qemulab.Paths.DaemonSocket };
        Command activate = qemulab.Describe("bash", "-c", "echo $$ > \"$2\"; exec systemd-socket-activate --setenv=QEMULAB_HOME --listen=\"$0\" \"$1\" daemon", socket.Path, Qemulab.Program, System.IO.Path.Combine(qemulab.Folder, "pid"));
        if (!File.Exists("/usr/bin/systemd-socket-activate"))
        {
            Assert.Skip("there is no systemd-socket-activate here: package systemd");
        }

        Directory.CreateDirectory(qemulab.Paths.Home);
        socket.runs = new CommandRunner().RunAsync(activate, socket.end.Token);
        await FakeLab.UntilAsync(() => File.Exists(socket.Path) || socket.runs.IsCompleted);
        Assert.False(socket.runs.IsCompleted, "systemd-socket-activate ended");
        socket.ProcessId = int.Parse(await File.ReadAllTextAsync(System.IO.Path.Combine(qemulab.Folder, "pid")), System.Globalization.CultureInfo.InvariantCulture);
        return socket;
    }

    /// <summary>What it ended with, by itself.</summary>
    public Task<CommandResult> EndAsync() => runs;

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await ((Task)runs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        end.Dispose();
    }
}
