using System.Collections.Concurrent;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Networks;

/// <summary>A network on a bridge together with the dnsmasq that serves its names and DHCP, which is started again when it dies.</summary>
/// <param name="bridge">Bridge and taps.</param>
/// <param name="dnsmasq">Tells where the program is; null: not installed.</param>
/// <param name="runner">Starts it.</param>
/// <param name="notices">Told of its deaths.</param>
public sealed class NamedBridgeNetwork(INetworkBackend bridge, Func<string?> dnsmasq, ICommandRunner runner, NetworkNotices notices) : INetworkBackend
{
    /// <summary>It is no child of ours when a former daemon has started it, so that its end is looked for.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Dnsmasq names = new(dnsmasq, runner);
    private readonly ConcurrentDictionary<string, Watcher> watches = new();

    public bool ConnectsBeforeStart(NetworkPlan network) => bridge.ConnectsBeforeStart(network);

    public async Task BringUpAsync(NetworkPlan network, CancellationToken cancellation = default)
    {
        // By its record, which outlives the daemon: a bridge that machines are on stays, names or not.
        bool wasUp = BridgeRecord.Load(network.Paths) is not null;
        await bridge.BringUpAsync(network, cancellation);
        if (network.Mode != NetworkMode.Bridge)
        {
            return;
        }

        try
        {
            // Two that start it at the same time would take each other's ports.
            await EndWatchAsync(network);
            ProcessIdentity process = await names.EnsureAsync(network, cancellation);
            Watch(network, process);
        }
        catch when (!wasUp)
        {
            await TakeDownAsync(network, CancellationToken.None);
            throw;
        }
    }

    public Task ConnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) => bridge.ConnectAsync(network, machine, cancellation);

    public Task DisconnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) => bridge.DisconnectAsync(network, machine, cancellation);

    public Task<IReadOnlyList<string>> FindUnpluggedAsync(NetworkPlan network, IReadOnlyList<string> machines, CancellationToken cancellation = default) => bridge.FindUnpluggedAsync(network, machines, cancellation);

    public Task<IReadOnlyDictionary<string, NetworkTraffic>> TrafficAsync(NetworkPlan network, IReadOnlyList<string> machines, CancellationToken cancellation = default) => bridge.TrafficAsync(network, machines, cancellation);

    public Task ImpairAsync(NetworkPlan network, NetworkImpairments impairments, CancellationToken cancellation = default) => bridge.ImpairAsync(network, impairments, cancellation);

    public Task CaptureAsync(NetworkPlan network, Stream pcapng, CancellationToken cancellation = default) => bridge.CaptureAsync(network, pcapng, cancellation);

    public async Task TakeDownAsync(NetworkPlan network, CancellationToken cancellation = default)
    {
        await EndWatchAsync(network);
        await names.EndAsync(network, cancellation);
        await bridge.TakeDownAsync(network, cancellation);
    }

    private void Watch(NetworkPlan network, ProcessIdentity process)
    {
        var end = new CancellationTokenSource();
        watches[network.Name] = new Watcher(end, WatchAsync(network, process, end.Token));
    }

    /// <summary>When this returns the watch is at no work any more: nothing is started behind the back of what follows.</summary>
    private async Task EndWatchAsync(NetworkPlan network)
    {
        if (watches.TryRemove(network.Name, out Watcher? watch))
        {
            await watch.End.CancelAsync();
            await watch.Work;
            watch.End.Dispose();
        }
    }

    private async Task WatchAsync(NetworkPlan network, ProcessIdentity process, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await Task.Delay(LookInterval, ended);
                if (process.IsAlive)
                {
                    continue;
                }

                process = await names.EnsureAsync(network, ended);
                notices.Report(network, "NamesRestarted", $"dnsmasq of network {network.Name} had ended and was started again");
            }
        }
        catch (OperationCanceledException)
        {
            // The network goes down, or is served by a newer watch.
        }
        catch (Exception failed) when (failed is QemuLabException or IOException or UnauthorizedAccessException)
        {
            notices.Report(network, "NamesFailed", $"{failed.Message}: machines of {network.Name} find names by /etc/hosts only until the lab is launched again");
        }
    }

    private sealed record Watcher(CancellationTokenSource End, Task Work);
}
