namespace QemuLab.Engine.Labs;

/// <summary>Brings a lab's plan up to date before machines of it are started. Whoever asks has a turn: the lab does not become another one meanwhile.</summary>
/// <param name="parts">The host.</param>
/// <param name="events">Told of SSH ports that are changed.</param>
/// <param name="planning">Plans it.</param>
/// <param name="records">Keep the ports.</param>
internal sealed class PlanRenewal(EngineParts parts, EventLog events, LabPlanning planning, LabRecords records)
{
    /// <summary>By the host and the images that there are now; who asks at the same time gets the same plan.</summary>
    /// <exception cref="QemuLabException">The host cannot carry it.</exception>
    public Task RenewAsync(LabEntry entry) => entry.Planning.AskAsync(() => PlanAsync(entry));

    /// <summary>Only where machines have lost their SSH ports to other programs; else the plan stays as it is.</summary>
    /// <exception cref="QemuLabException">The host cannot carry it.</exception>
    public Task RenewPortsAsync(LabEntry entry) =>
        LostSshPorts.Of(entry.Plan, entry.Record.Allocations, entry).Count > 0 ? RenewAsync(entry) : Task.CompletedTask;

    private async Task<LabPlan> PlanAsync(LabEntry entry)
    {
        await parts.Host.LookAsync();
        StartPlan start = await planning.PlanStartAsync(planning.Read(entry.Record.Source), entry.Record, CancellationToken.None);
        if (start.Lost.Count > 0)
        {
            await records.UpdateAsync(entry, known => known with { Allocations = known.Allocations.WithSshPorts(start.Plan) });
        }

        entry.Plan = start.Plan;
        start.Tell(events, entry);
        return start.Plan;
    }
}
