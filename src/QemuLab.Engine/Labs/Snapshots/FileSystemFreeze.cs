using System.Text.Json;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>
/// Has guests write out their file systems and hold them still, by their agents, while disks are saved without memory. A guest that
/// was asked to is marked in its record before, so that it is let go of whatever happens in between.
/// </summary>
internal sealed class FileSystemFreeze(LabRecords records, EventLog events, TimeProvider clock)
{
    /// <summary>What the guest has not written yet is written first. All others stand still with theirs for as long.</summary>
    private static readonly TimeSpan FreezeLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ThawLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(5);

    /// <summary>Why a guest cannot be asked; null where it can.</summary>
    public static string? WhyNotAsked(VirtualMachine machine) => machine.Status switch
    {
        { State: not MachineState.Running } status => $"it is {status.State}",
        { AgentConnected: false } => "no guest agent listens in it",
        _ => null,
    };

    /// <summary>The record with the marks of machines that are about to be asked.</summary>
    public static LabRecord Marked(LabRecord record, IEnumerable<VirtualMachine> machines) =>
        machines.Aggregate(record, (known, machine) => Marked(known, machine.Plan.Name, true));

    /// <summary>Asks a guest to freeze its file systems.</summary>
    /// <returns>Null where it holds them; else why it may not.</returns>
    public static async Task<string?> FreezeAsync(VirtualMachine machine, CancellationToken cancellation)
    {
        try
        {
            JsonElement frozen = await Up(machine).Agent.ExecuteAsync("guest-fsfreeze-freeze", timeLimit: FreezeLimit, cancellation: cancellation);
            return CountOf(frozen) > 0 ? null : "the guest agent has frozen none of its file systems";
        }
        catch (QemuLabException failed)
        {
            return failed.Message;
        }
    }

    /// <summary>Has a guest let go of its file systems. One that does not answer is asked again until it does.</summary>
    /// <returns>Whether it had held them until now; null where that is not known.</returns>
    public async Task<bool?> ThawAsync(LabEntry entry, VirtualMachine machine)
    {
        try
        {
            return await ThawOnceAsync(entry, machine) > 0;
        }
        catch (QemuLabException silent)
        {
            string name = machine.Plan.Name;
            events.Add(LabEventKind.Warning, entry.Name, name, "still-frozen", $"the file systems of {name} may still be frozen: {silent.Message}; it is asked again until it answers");
            _ = ThawLaterAsync(entry, machine);
            return null;
        }
    }

    /// <summary>Lets go of what a daemon that died has left frozen.</summary>
    public Task RecoverAsync(LabEntry entry) =>
        Task.WhenAll(entry.Machines.Where(machine => entry.Record.Machines.GetValueOrDefault(machine.Plan.Name)?.IsFrozen == true).Select(async machine =>
        {
            if (await ThawAsync(entry, machine) == true)
            {
                TellThawed(entry, machine);
            }
        }));

    /// <returns>How many file systems it had held.</returns>
    private async Task<int> ThawOnceAsync(LabEntry entry, VirtualMachine machine)
    {
        int thawed = 0;
        if (machine.Running is { } running)
        {
            try
            {
                thawed = CountOf(await running.Agent.ExecuteAsync("guest-fsfreeze-thaw", timeLimit: ThawLimit));
            }
            catch (QemuLabException refused) when (refused.Code == "agent-refused")
            {
                // An agent that does not know the one command has not obeyed the other.
            }
        }

        try
        {
            records.Update(entry, record => Marked(record, machine.Plan.Name, false));
        }
        catch (IOException)
        {
            // With a mark too many the next daemon asks once more: no harm.
        }

        return thawed;
    }

    /// <summary>Its agent may be busy, or be started anew; with the guest the freeze ends too.</summary>
    private async Task ThawLaterAsync(LabEntry entry, VirtualMachine machine)
    {
        while (true)
        {
            await Task.Delay(TryAgain, clock);
            await machine.WhenAsync(status => !status.IsUp || status.AgentConnected, CancellationToken.None);
            try
            {
                if (await ThawOnceAsync(entry, machine) > 0)
                {
                    TellThawed(entry, machine);
                }

                return;
            }
            catch (QemuLabException)
            {
                // Not yet.
            }
        }
    }

    /// <summary>A guest may answer anything.</summary>
    private static int CountOf(JsonElement answer) => answer.ValueKind == JsonValueKind.Number && answer.TryGetInt32(out int count) ? count : 0;

    private void TellThawed(LabEntry entry, VirtualMachine machine) =>
        events.Add(LabEventKind.Warning, entry.Name, machine.Plan.Name, "thawed", $"the file systems of {machine.Plan.Name} were still frozen, and are not any more");

    private static LabRecord Marked(LabRecord record, string machine, bool isFrozen) =>
        record.Machines.TryGetValue(machine, out MachineRecord? known) ? record.With(machine, known with { IsFrozen = isFrozen }) : record;

    private static IRunningMachine Up(VirtualMachine machine) => machine.Running
        ?? throw new QemuLabException(ErrorKind.Failed, "machine-ended", $"{machine.Plan.Name} has ended");
}
