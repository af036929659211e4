using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>A network namespace of the test's own, in which nothing can harm the host; gone when the test is over.</summary>
internal sealed partial class NetworkNamespace : ICommandRunner, IAsyncDisposable
{
    private static readonly CommandRunner Runner = new();

    /// <summary>A count, and a key that the kernel makes up when the first program listens.</summary>
    private static readonly string[] PassingSettings = ["nf_conntrack_count", "tcp_fastopen_key"];

    private NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    /// <summary>What ip netns exec puts over /etc.</summary>
    public string Files => "/etc/netns/" + Name;

    /// <summary>Called before each command; may throw in its place.</summary>
    public Action<Command>? BeforeCommand { get; set; }

    /// <summary>Skips the test where it may not make one.</summary>
    /// <param name="withHosts">Programs inside see an /etc/hosts of the namespace's own.</param>
    public static async Task<NetworkNamespace> CreateAsync(bool withHosts = false)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "needs root, for a network namespace: sudo make test");
        foreach (string program in (string[])["/usr/sbin/nft", "/usr/sbin/ip"])
        {
            Assert.SkipUnless(File.Exists(program) || File.Exists(program.Replace("/usr/sbin/", "/usr/bin/", StringComparison.Ordinal)), "needs nftables and iproute2: sudo apt-get install -y nftables iproute2");
        }

        var created = new NetworkNamespace("qlt-" + Path.GetRandomFileName()[..8]);
        if (withHosts)
        {
            Directory.CreateDirectory(created.Files);
            await File.WriteAllTextAsync(Path.Combine(created.Files, "hosts"), "127.0.0.1 localhost\n");
        }

        await OnHostAsync("ip", "netns", "add", created.Name);
        await created.RunAsync("ip", "link", "set", "lo", "up");
        return created;
    }

    public async Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default)
    {
        BeforeCommand?.Invoke(command);
        return await Runner.RunAsync(command with { Program = "ip", Arguments = ["netns", "exec", Name, command.Program, .. command.Arguments] }, cancellation);
    }

    /// <summary>Runs a command that must succeed.</summary>
    public async Task<string> RunAsync(string program, params string[] arguments)
    {
        CommandResult result = await Runner.RunAsync(new Command("ip", ["netns", "exec", Name, program, .. arguments]) { TimeLimit = TimeSpan.FromSeconds(20) });
        Assert.True(result.Succeeded, $"{program} {string.Join(' ', arguments)}: {result.Error}");
        return result.Output;
    }

    /// <summary>A cable to another namespace.</summary>
    public Task CableAsync(string name, NetworkNamespace other, string otherName) =>
        RunAsync("ip", "link", "add", name, "type", "veth", "peer", "name", otherName, "netns", other.Name);

    /// <summary>All that may be seen of the network's configuration.</summary>
    public async Task<string> SnapshotAsync()
    {
        string[] parts =
        [
            await RunAsync("ip", "-json", "-details", "address"),
            await RunAsync("ip", "-json", "route", "show", "table", "all"),
            await RunAsync("ip", "-json", "-6", "route", "show", "table", "all"),
            await RunAsync("ip", "-json", "rule"),
            await RunAsync("nft", "-j", "list", "ruleset"),
            await RunAsync("tc", "-json", "qdisc"),
            string.Join('\n', (await RunAsync("sysctl", "-e", "-a", "-r", "^net\\.")).Split('\n').Where(line => !PassingSettings.Any(line.Contains))),
        ];
        return Passing().Replace(string.Join('\n', parts), "");
    }

    /// <summary>Does it on a thread that lives in the namespace: sockets and taps that it opens stay there.</summary>
    public T Within<T>(Func<T> open)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle self = File.OpenHandle("/var/run/netns/" + Name);
                const int network = 0x40000000;
                if (SetNamespace(self, network) != 0)
                {
                    throw new InvalidOperationException($"setns: error {Marshal.GetLastPInvokeError()}");
                }

                result = open();
            }
            catch (Exception caught)
            {
                failure = ExceptionDispatchInfo.Capture(caught);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    public async ValueTask DisposeAsync()
    {
        await OnHostAsync("ip", "netns", "delete", Name);
        if (Directory.Exists(Files))
        {
            Directory.Delete(Files, recursive: true);
        }
    }

    private static async Task OnHostAsync(string program, params string[] arguments)
    {
        CommandResult result = await Runner.RunAsync(new Command(program, arguments) { TimeLimit = TimeSpan.FromSeconds(20) });
        Assert.True(result.Succeeded, $"{program} {string.Join(' ', arguments)}: {result.Error}");
    }

    /// <summary>Clocks, numbers that count up, and what a bridge learns of its ports' abilities.</summary>
    [GeneratedRegex("\"([a-z_]+_timer|handle|[gt]so_max_[a-z]+)\": ?(\"[0-9a-f:]+\"|[0-9.]+),?")]
    private static partial Regex Passing();

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeHandle file, int kind);
}
