using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Labs;

/// <summary>All labs of one user: the engine's front door, held by the daemon.</summary>
public sealed class LabSupervisor : IAsyncDisposable
{
    /// <summary>The host as it was last looked at.</summary>
    public HostFacts Host => throw new NotSupportedException();

    public EventLog Events => throw new NotSupportedException();

    /// <summary>An immutable snapshot, by name.</summary>
    public IReadOnlyList<LabStatus> Labs => throw new NotSupportedException();

    /// <summary>Reads what is stored and adopts every machine that runs.</summary>
    public Task StartAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>What a launch would do; nothing is touched.</summary>
    /// <exception cref="LabFileException">The lab file is wrong.</exception>
    /// <exception cref="QemuLabException">The host cannot carry it.</exception>
    public Task<LabPlan> PlanAsync(LabSource source, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Brings the lab to what the file asks for. Cancelling takes back what this call began.</summary>
    public Task<LaunchOutcome> LaunchAsync(LabSource source, LaunchOptions options, IProgress<LabEvent>? progress, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Stops every machine and removes all that was made on the host; disks stay unless <paramref name="purge"/>.</summary>
    public Task DownAsync(string lab, bool purge, StopOptions options, IProgress<LabEvent>? progress, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Starts a stopped machine; waits until it is ready where the options say so.</summary>
    public Task<MachineLaunch> StartMachineAsync(string lab, string machine, LaunchOptions options, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task StopMachineAsync(string lab, string machine, StopOptions options, CancellationToken cancellation = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
