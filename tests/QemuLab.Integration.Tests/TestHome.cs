using System.Diagnostics;
using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests;

/// <summary>
/// A QemuLab of the test's own: the real binary with a home folder in /tmp, as a user would run it. Images are shared by all
/// tests through a link, because building one takes longer than everything else. At the end nothing may be left: whatever
/// still runs with this home in its command line is ended by pid, and told as a failure.
/// </summary>
public sealed class TestHome : IAsyncDisposable
{
    /// <summary>The repository.</summary>
    public static string Root { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "..", "..", "..", ".."));

    private readonly ICommandRunner runner;

    /// <param name="suffix">More of the home's name, for what a path may hold.</param>
    /// <param name="runner">Runs the binary; null: here, in this network.</param>
    public TestHome(string suffix = "", ICommandRunner? runner = null)
    {
        this.runner = runner ?? new CommandRunner();
        Path = Directory.CreateTempSubdirectory("ql-").FullName + suffix;
        Directory.CreateDirectory(Path);
        Directory.CreateDirectory(SharedImages);
        Directory.CreateSymbolicLink(System.IO.Path.Combine(Path, "images"), SharedImages);
    }

    public string Path { get; }

    /// <summary>The images of all tests.</summary>
    public static string SharedImages { get; } = System.IO.Path.Combine(Root, "artifacts", "test-images");

    /// <summary>The binary that <c>make build</c> leaves.</summary>
    public static string Binary { get; } = System.IO.Path.Combine(Root, "artifacts", "bin", "QemuLab", "debug", "qemulab");

    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Runs a verb to its end; five minutes at most.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    public Task<CommandResult> RunAsync(CancellationToken cancellation, params string[] arguments) =>
        runner.RunAsync(Describe(arguments), cancellation);

    /// <summary>Runs a verb that must succeed, and returns what it printed.</summary>
    public async Task<string> OutputAsync(params string[] arguments)
    {
        CommandResult result = await RunAsync(arguments);
        Assert.True(result.Succeeded, $"qemulab {string.Join(' ', arguments)} ended with {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result.Output;
    }

    /// <summary>Waits until <c>qemulab info</c> tells the words of a machine; after two minutes without them, fails with what it tells instead, and all that happened.</summary>
    public async Task UntilToldAsync(string machine, string words)
    {
        var waited = Stopwatch.StartNew();
        string told = await OutputAsync("info", machine);
        while (!told.Contains(words, StringComparison.Ordinal))
        {
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(2), $"of {machine} it is never told \"{words}\", but\n{told}\n{await OutputAsync("events")}");
            await Task.Delay(200, TestContext.Current.CancellationToken);
            told = await OutputAsync("info", machine);
        }
    }

    public Command Describe(params string[] arguments) => new(Binary, arguments)
    {
        Environment = new Dictionary<string, string?> { ["QEMULAB_HOME"] = Path, ["NO_COLOR"] = "1" },
        TimeLimit = TimeSpan.FromMinutes(5),
        WorkingDirectory = Path,
    };

    /// <summary>Pids of processes that have this home in their command line.</summary>
    public IReadOnlyList<int> Processes(string containing = "") =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(System.IO.Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(pid => pid != 0 && CommandLine(pid) is { } line && line.Contains(Path, StringComparison.Ordinal) && line.Contains(containing, StringComparison.Ordinal))];

    /// <summary>The daemon's pid; it does not carry its home in its command line.</summary>
    public int? DaemonProcess() =>
        Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(System.IO.Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(pid => pid != 0 && CommandLine(pid) is { } line && line.Contains(" daemon", StringComparison.Ordinal) && Environment(pid).Contains("QEMULAB_HOME=" + Path))
            .Cast<int?>()
            .FirstOrDefault();

    public async ValueTask DisposeAsync()
    {
        await EndLabsAsync();
        if (DaemonProcess() is { } daemon)
        {
            Kill(daemon);
        }

        IReadOnlyList<int> left = Processes();
        string[] lines = [.. left.Select(pid => $"{pid}: {CommandLine(pid)}")];
        foreach (int pid in left)
        {
            Kill(pid);
        }

        Directory.Delete(Path, recursive: true);
        Assert.True(lines.Length == 0, "processes were left:\n" + string.Join('\n', lines));
    }

    private async Task EndLabsAsync()
    {
        string labs = System.IO.Path.Combine(Path, "labs");
        foreach (string lab in Directory.Exists(labs) ? Directory.GetDirectories(labs) : [])
        {
            await RunAsync("down", System.IO.Path.GetFileName(lab), "--purge", "--force", "--yes");
        }
    }

    private static string? CommandLine(int pid) => Read(pid, "cmdline")?.Replace('\0', ' ');

    private static string[] Environment(int pid) => Read(pid, "environ")?.Split('\0') ?? [];

    private static string? Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>SIGKILL, to a process that the test has started.</summary>
    public static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
            process.WaitForExit(5000);
        }
        catch (ArgumentException)
        {
            // It went by itself.
        }
    }
}
