using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Soak;

/// <summary>A machine as the API shows it.</summary>
internal sealed record SeenMachine(string Name, string State, string? Reason, int? ProcessId);

/// <summary>The real thing: a home, its daemon by its socket, and the processes that /proc shows.</summary>
internal sealed class SoakWorld : IDisposable
{
    private readonly string binary = Path.Combine(AppContext.BaseDirectory, "qemulab");
    private readonly HttpClient client;

    public SoakWorld(string images)
    {
        Home = Directory.CreateTempSubdirectory("ql-soak-").FullName;
        Directory.CreateSymbolicLink(Path.Combine(Home, "images"), images);
        string socketPath = Path.Combine(Home, "daemon.sock");
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        client = new HttpClient(handler) { BaseAddress = new Uri("http://localhost/v1/"), Timeout = TimeSpan.FromMinutes(2) };
    }

    public string Home { get; }

    /// <summary>A program of the binary, to its end; it starts the daemon where there is none.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => new CommandRunner().RunAsync(new Command(binary, arguments)
    {
        Environment = new Dictionary<string, string?> { ["QEMULAB_HOME"] = Home, ["QEMULAB_PARALLEL_BOOTS"] = "1000", ["NO_COLOR"] = "1" },
        TimeLimit = TimeSpan.FromMinutes(3),
    });

    /// <summary>The answer's status; 0 where the daemon went meanwhile.</summary>
    public async Task<(int Status, string Body)> PostAsync(string path, string body)
    {
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await client.PostAsync(new Uri(path, UriKind.Relative), body.Length == 0 ? null : content);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException gone)
        {
            return (0, gone.Message);
        }
    }

    public async Task<IReadOnlyList<SeenMachine>> ListAsync()
    {
        using JsonDocument list = JsonDocument.Parse(await client.GetStringAsync(new Uri("machines", UriKind.Relative)));
        return [.. list.RootElement.EnumerateArray().Select(machine => new SeenMachine(
            machine.GetProperty("name").GetString()!,
            machine.GetProperty("state").GetString()!,
            machine.TryGetProperty("reason", out JsonElement reason) ? reason.GetString() : null,
            machine.TryGetProperty("processId", out JsonElement process) ? process.GetInt32() : null))];
    }

    public async Task<int> DaemonAsync()
    {
        using JsonDocument version = JsonDocument.Parse(await client.GetStringAsync(new Uri("version", UriKind.Relative)));
        return version.RootElement.GetProperty("processId").GetInt32();
    }

    /// <summary>Command lines of the processes that have this home in theirs, by pid. One that has ended and waits for its parent has none.</summary>
    public IReadOnlyDictionary<int, string> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
        .Select(pid => (Pid: pid, Line: Read($"/proc/{pid}/cmdline").Replace('\0', ' ')))
        .Where(process => process.Line.Contains(Home, StringComparison.Ordinal) && process.Pid != Environment.ProcessId)
        .ToDictionary(process => process.Pid, process => process.Line);

    /// <summary>Whether a process has not ended yet.</summary>
    public static bool IsThere(int process) => Read($"/proc/{process}/cmdline").Length > 0;

    /// <summary>Children of the process that have ended and that it has not collected.</summary>
    public static int Zombies(int parent) => Directory.EnumerateDirectories("/proc")
        .Select(folder => Read(Path.Combine(folder, "stat")))
        .Select(stat => stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Count(fields => fields is ["Z", var of, ..] && of == parent.ToString(CultureInfo.InvariantCulture));

    /// <summary>How many descriptors of each kind a process holds: sockets, pipes, kinds of anonymous ones, and files by their names.</summary>
    public static IReadOnlyDictionary<string, int> Descriptors(int process) => Directory.GetFiles($"/proc/{process}/fd")
        .Select(descriptor => File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name ?? "closed meanwhile")
        .Select(target => target.Split(":[")[0])
        .CountBy(kind => kind)
        .ToDictionary();

    public static double Megabytes(int process) => Read($"/proc/{process}/status").Split('\n')
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024)
        .FirstOrDefault();

    /// <summary>All files of the home but the images and the logs that grow, for comparing two moments.</summary>
    public IReadOnlyList<string> Files() => [.. Directory.EnumerateFiles(Home, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Select(file => Path.GetRelativePath(Home, file)).Order(StringComparer.Ordinal)];

    public static void Signal(int process, string signal)
    {
        using Process kill = Process.Start("kill", ["-" + signal, process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        client.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
