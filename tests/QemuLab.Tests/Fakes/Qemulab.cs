using System.Diagnostics;
using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Fakes;

/// <summary>The real binary with a home of its own. At the end the daemon that it started is ended, by its pid.</summary>
public sealed class Qemulab : IDisposable
{
    private static readonly string Binary = Path.Combine(AppContext.BaseDirectory, "qemulab");
    /// <summary>The binary.</summary>
    public static string Program => Binary;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static byte[]? probe;
    private readonly TemporaryDirectory folder = new();

    /// <summary>The home has the accelerators' verdict from an earlier home: finding it takes QEMU and seconds, and is the same for all. Otherwise it is not even there.</summary>
    public bool IsProbed { get; init; } = true;

    public StatePaths Paths => new(Path.Combine(folder.Path, "h"));

    /// <summary>The folder that commands run in.</summary>
    public string Folder => folder.Path;

    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        CommandResult result = await new CommandRunner().RunAsync(Describe(Binary, arguments));
        Assert.False(result.TimedOut, $"qemulab {string.Join(' ', arguments)} did not end");
        if (probe is null && File.Exists(Paths.ProbeCache))
        {
            probe = await File.ReadAllBytesAsync(Paths.ProbeCache);
        }

        return result;
    }

    public Command Describe(string program, params string[] arguments)
    {
        if (IsProbed && probe is { } known && !Directory.Exists(Paths.Home))
        {
            Directory.CreateDirectory(Paths.Home);
            File.WriteAllBytes(Paths.ProbeCache, known);
        }

        return new(program, arguments)
        {
            WorkingDirectory = folder.Path,
            TimeLimit = Limit,
            Environment = new Dictionary<string, string?> { ["QEMULAB_HOME"] = Paths.Home, ["QEMULAB"] = Binary },
        };
    }

    public async Task<int?> DaemonPidAsync()
    {
        CommandResult status = await RunAsync("daemon", "status");
        return status.Succeeded ? int.Parse(status.Output.Split("pid ")[1].Split(',')[0], CultureInfo.InvariantCulture) : null;
    }

    public void Dispose()
    {
        if (File.Exists(Paths.DaemonSocket) && DaemonPidAsync().GetAwaiter().GetResult() is { } pid)
        {
            using Process daemon = Process.GetProcessById(pid);
            daemon.Kill();
            Assert.True(daemon.WaitForExit(Limit), $"daemon {pid} did not end");
        }

        folder.Dispose();
    }
}
