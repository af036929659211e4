using System.Net;
using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Ssh;

/// <summary>Where a guest's signs of life are looked for.</summary>
public sealed record ReadinessTarget
{
    /// <summary>The machine's name, as the ssh_config has it.</summary>
    public required string Machine { get; init; }

    public required string SshConfigPath { get; init; }

    /// <summary>Where its SSH server is reached.</summary>
    public required IPEndPoint Server { get; init; }

    public required string SerialLogPath { get; init; }

    /// <summary>What is known of the boot already; null where the guest does not boot, or nobody has seen it begin.</summary>
    public Boot? Boot { get; init; }

    /// <summary>How it starts; null where nobody says.</summary>
    public FirmwarePlan? Firmware { get; init; }

    public static ReadinessTarget For(MachinePlan plan, StatePaths paths, Boot? boot = null) => new()
    {
        Machine = plan.Name,
        SshConfigPath = paths.SshConfig(plan.Lab),
        Server = plan.SshEndpoint,
        SerialLogPath = plan.Directory.SerialLog,
        Boot = boot,
        Firmware = plan.Firmware,
    };
}

/// <summary>How long a guest may take.</summary>
public sealed record ReadinessOptions
{
    /// <summary>
    /// The wait ends when for so long nothing has moved: no new byte on the serial console, no requirement reached, no new
    /// stage or output of cloud-init.
    /// </summary>
    public TimeSpan NoProgressLimit { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The hard limit for everything; null: none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The guest does not boot, but goes on where it was: its server listens already.</summary>
    public bool IsAwake { get; init; }

    /// <summary>Completes with the end of its stages, until which they alone say how long it may stand still; null: it has none.</summary>
    public Task<StageResult>? Stages { get; init; }

    /// <summary>They are all that is asked of it: no login is tried.</summary>
    public bool ByStagesAlone { get; init; }

    /// <summary>It was ready there: a login that works is all that is asked of it.</summary>
    public bool WasReady { get; init; }
}

/// <summary>A guest has come further.</summary>
/// <param name="Detail">What it is at in that phase, such as cloud-init's stage, for people; null where the phase says it all.</param>
/// <param name="Boot">What is known of the boot by now; null where it is none.</param>
public sealed record ReadinessUpdate(BootPhase Phase, string? Detail, Boot? Boot = null);
