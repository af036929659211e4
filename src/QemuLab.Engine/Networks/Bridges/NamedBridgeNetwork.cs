using System.Collections.Concurrent;
using QemuLab.Engine.Hosts;

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
    private readonly ConcurrentDictionary<string, CancellationTokenSource> watches = new();

    public bool ConnectsBeforeStart(NetworkPlan network) => bridge.ConnectsBeforeStart(network);

    public async Task BringUpAsync(NetworkPlan network, CancellationToken cancellation = default)
    {
        bool wasUp = watches.ContainsKey(network.Name);
        await bridge.BringUpAsync(network, cancellation);
        if (network.Mode != NetworkMode.Bridge)
        {
            return;
        }

        try
        {
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
        var watch = new CancellationTokenSource();
        watches.AddOrUpdate(network.Name, watch, (_, before) =>
        {
            before.Cancel();
            return watch;
        });
        _ = WatchAsync(network, process, watch.Token);
    }

    private async Task EndWatchAsync(NetworkPlan network)
    {
        if (watches.TryRemove(network.Name, out CancellationTokenSource? watch))
        {
            await watch.CancelAsync();
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
        catch (QemuLabException failed)
        {
            notices.Report(network, "NamesFailed", $"{failed.Message}: machines of {network.Name} find names by /etc/hosts only until the lab is launched again");
        }
    }
}
