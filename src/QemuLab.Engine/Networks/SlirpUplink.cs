using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>
/// The lab's way out: slirp in a QEMU process without a machine, so that no C library is needed. Its state is asked of it
/// at each call, never remembered.
/// </summary>
internal sealed class SlirpUplink(NetworkPlan network, string qemuSystem, ICommandRunner runner)
{
    public const string NetId = "nat";

    /// <exception cref="QemuLabException">It does not run or does not answer.</exception>
    public Task<UplinkSession> OpenAsync(CancellationToken cancellation) => UplinkSession.OpenAsync(network.Paths.UplinkQmp, cancellation);

    /// <summary>A conversation with it; null where it does not run or does not answer.</summary>
    public async Task<UplinkSession?> FindAsync(CancellationToken cancellation)
    {
        try
        {
            return await OpenAsync(cancellation);
        }
        catch (QemuLabException)
        {
            return null;
        }
    }

    /// <exception cref="QemuLabException">QEMU's own words (code <c>uplink-failed</c>).</exception>
    public async Task<ProcessIdentity> StartAsync(CancellationToken cancellation)
    {
        var command = new Command(qemuSystem, UplinkCommandLine.For(network)) { TimeLimit = TimeSpan.FromSeconds(20), WorkingDirectory = "/" };
        CommandResult result = await runner.RunAsync(ProcessCapabilities.Dropped(command), cancellation);
        await File.WriteAllTextAsync(network.Paths.UplinkLog, $"{command}\n{result.Error}", cancellation);
        if (!result.Succeeded || ProcessIdentity.FromPidFile(network.Paths.UplinkPid) is not { } process)
        {
            string words = result.TimedOut ? "it did not start in time" : result.Error.Trim();
            throw new QemuLabException(ErrorKind.Failed, "uplink-failed", $"the uplink of {network.Name} did not start: {words}", $"the whole command is in {network.Paths.UplinkLog}");
        }

        return process;
    }
}
