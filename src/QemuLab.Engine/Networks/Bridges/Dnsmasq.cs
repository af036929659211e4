using System.Text;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>
/// dnsmasq on a bridge: started with it, started again where it has died or has to know something new, ended with it. It
/// outlives the daemon, as the machines do, and is known by its pid file and its own command line.
/// </summary>
internal sealed class Dnsmasq(Func<string?> program, ICommandRunner runner)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(3);

    public static QemuLabException Missing() =>
        new(ErrorKind.Failed, "dnsmasq-missing", "a bridge needs dnsmasq for its names, which is not installed", "run: sudo apt-get install -y dnsmasq-base, or use mode: user");

    /// <summary>Nothing happens where one runs with this very configuration.</summary>
    /// <returns>The process that serves now.</returns>
    /// <exception cref="QemuLabException">It is not installed, or cannot have its ports (code <c>names-failed</c>, with its own words).</exception>
    public async Task<ProcessIdentity> EnsureAsync(NetworkPlan network, CancellationToken cancellation)
    {
        string configuration = DnsmasqConfiguration.For(network, Environment.UserName);
        if (await FindAsync(network, cancellation) is { } running)
        {
            if (File.Exists(network.Paths.DnsmasqConfiguration) && await File.ReadAllTextAsync(network.Paths.DnsmasqConfiguration, cancellation) == configuration)
            {
                return running;
            }

            await running.EndAsync(GracePeriod, cancellation);
        }

        AtomicFile.Write(network.Paths.DnsmasqConfiguration, Encoding.UTF8.GetBytes(configuration), durable: false);
        string path = program() ?? throw Missing();
        CommandResult result = await runner.RunAsync(new Command(path, $"--conf-file={network.Paths.DnsmasqConfiguration}") { TimeLimit = StartLimit, WorkingDirectory = "/" }, cancellation);
        return result.Succeeded && await FindAsync(network, cancellation) is { } started ? started : throw Failed(network, result);
    }

    public async Task EndAsync(NetworkPlan network, CancellationToken cancellation)
    {
        if (await FindAsync(network, cancellation) is { } running)
        {
            await running.EndAsync(GracePeriod, cancellation);
        }

        foreach (string file in (string[])[network.Paths.DnsmasqConfiguration, network.Paths.DnsmasqPid, network.Paths.DnsmasqLog, network.Paths.DnsmasqLeases])
        {
            if (Directory.Exists(network.Paths.Directory))
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>A pid file that a crash left may name anybody's process by now: ours has our file in its command line.</summary>
    private async Task<ProcessIdentity?> FindAsync(NetworkPlan network, CancellationToken cancellation) =>
        ProcessIdentity.FromPidFile(network.Paths.DnsmasqPid) is { } process
        && (await process.CommandLineAsync(runner, cancellation)).Contains(network.Paths.DnsmasqConfiguration, StringComparison.Ordinal)
            ? process
            : null;

    private static QemuLabException Failed(NetworkPlan network, CommandResult result)
    {
        string words = result.TimedOut ? "it did not start in time" : result.Error.Trim() is { Length: > 0 } said ? said : "it gave no reason";
        string hint = words.Contains("in use", StringComparison.Ordinal)
            ? $"another name or DHCP server listens on all addresses: see ss -lpn 'sport = :53 or sport = :67', and let it leave {network.Bridge} out"
            : $"its configuration is {network.Paths.DnsmasqConfiguration}";
        return new QemuLabException(ErrorKind.Failed, "names-failed", $"dnsmasq does not serve network {network.Name}: {words}", hint);
    }
}
