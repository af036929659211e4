using System.Collections.Concurrent;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks.Captures;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The network that needs no rights on the host: a learning switch of our own over Unix datagrams, and slirp as its uplink,
/// which an isolated network has only for logging in to its machines from the host, and a further isolated one not at all.
/// Both processes outlive the daemon; every call finds out by asking them what is there.
/// </summary>
/// <param name="qemuSystem">Tells qemu-system-ARCH, absolute: the uplink is one without a machine. Asked at each call, because QEMU may be installed while we run.</param>
/// <param name="self">How to run this program; <c>switch --directory …</c> is added to the arguments.</param>
/// <param name="runner">Runs QEMU.</param>
public sealed class UserModeNetwork(Func<string> qemuSystem, Command self, ICommandRunner runner) : INetworkBackend
{
    /// <summary>A machine's QEMU takes longer to come up: its place is there in time, and others' are made with it.</summary>
    private static readonly TimeSpan WhileQemuStarts = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<string, NetworkTurn> turns = new();
    private readonly ConcurrentDictionary<string, GatheredCalls<(NetworkPlan Network, MachineConnection Machine)>> arrivals = new();
    private readonly ConcurrentDictionary<string, GatheredCalls<(NetworkPlan Network, MachineConnection Machine)>> departures = new();

    public Task BringUpAsync(NetworkPlan network, CancellationToken cancellation = default) => Turn(network).EnterAsync(async () =>
    {
        NetworkPaths paths = network.Paths;
        bool newFolder = !Directory.Exists(paths.Directory);
        Directory.CreateDirectory(paths.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var processes = new NetworkProcesses(network, self, Uplink(network), runner);
        UplinkSession? uplink;
        try
        {
            uplink = await processes.BringUpAsync(cancellation);
        }
        catch
        {
            await processes.TakeBackAsync();
            if (newFolder)
            {
                NetworkFiles.Remove(paths);
            }

            throw;
        }

        await using (uplink)
        {
            if (uplink is not null)
            {
                await new NetworkConnections(network).RestoreAsync(uplink, cancellation);
            }
        }
    }, cancellation);

    public Task ConnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) =>
        Gathered(arrivals, network, ConnectAsync, WhileQemuStarts).CallAsync((network, machine), cancellation);

    public Task DisconnectAsync(NetworkPlan network, MachineConnection machine, CancellationToken cancellation = default) =>
        Gathered(departures, network, DisconnectAsync).CallAsync((network, machine), cancellation);

    public async Task<IReadOnlyDictionary<string, NetworkTraffic>> TrafficAsync(NetworkPlan network, IReadOnlyList<string> machines, CancellationToken cancellation = default) =>
        (await new SwitchClient(network.Paths).ListAsync(cancellation))
            .Where(port => port.Kind == PortKind.Guest && machines.Contains(port.Name))
            .ToDictionary(port => port.Name, port => new NetworkTraffic(Received: port.Counters.BytesOut, Sent: port.Counters.BytesIn));

    public Task ImpairAsync(NetworkPlan network, NetworkImpairments impairments, CancellationToken cancellation = default) =>
        new SwitchClient(network.Paths).ImpairAsync(impairments, cancellation);

    public Task CaptureAsync(NetworkPlan network, Stream pcapng, CancellationToken cancellation = default) =>
        CaptureClient.CopyAsync(network.Paths, pcapng, cancellation);

    public Task TakeDownAsync(NetworkPlan network, CancellationToken cancellation = default) => Turn(network).EnterAsync(async () =>
    {
        if (Directory.Exists(network.Paths.Directory))
        {
            await new NetworkProcesses(network, self, Uplink(network), runner).EndAsync(cancellation);
            NetworkFiles.Remove(network.Paths);
        }
    }, cancellation);

    private Task ConnectAsync(NetworkPlan network, IReadOnlyList<MachineConnection> machines, CancellationToken cancellation) => Turn(network).EnterAsync(
        async () => network.HasUplink ? await Uplink(network).OpenAsync(cancellation) : null,
        uplink => new NetworkConnections(network).AddAsync(machines, uplink, cancellation),
        cancellation);

    private Task DisconnectAsync(NetworkPlan network, IReadOnlyList<MachineConnection> machines, CancellationToken cancellation) => Turn(network).EnterAsync(
        async () => network.HasUplink && Directory.Exists(network.Paths.Directory) ? await Uplink(network).FindAsync(cancellation) : null,
        uplink => Directory.Exists(network.Paths.Directory) ? new NetworkConnections(network).RemoveAsync(machines, uplink, cancellation) : Task.CompletedTask,
        cancellation);

    /// <summary>The newest plan is the one that counts.</summary>
    private static GatheredCalls<(NetworkPlan Network, MachineConnection Machine)> Gathered(
        ConcurrentDictionary<string, GatheredCalls<(NetworkPlan Network, MachineConnection Machine)>> calls,
        NetworkPlan network,
        Func<NetworkPlan, IReadOnlyList<MachineConnection>, CancellationToken, Task> call,
        TimeSpan linger = default) =>
        calls.GetOrAdd(network.Paths.Directory, _ => new((all, cancellation) => call(all[^1].Network, [.. all.Select(one => one.Machine)], cancellation), linger));

    private SlirpUplink Uplink(NetworkPlan network) => new(network, qemuSystem(), runner);

    private NetworkTurn Turn(NetworkPlan network) => turns.GetOrAdd(network.Paths.Directory, _ => new NetworkTurn());
}
