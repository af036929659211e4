using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Boots;

/// <summary>All that is known of a machine that boots, or has tried to.</summary>
internal sealed record BootEvidence
{
    public required string Machine { get; init; }

    /// <summary>When it came how far; null where nobody has seen it begin.</summary>
    public required Boot? Boot { get; init; }

    /// <summary>What the guest wrote in this boot, the last of it.</summary>
    public required IReadOnlyList<string> Console { get; init; }

    /// <summary>How it starts; null where that is not known.</summary>
    public FirmwarePlan? Firmware { get; init; }

    /// <summary>The machine of the lab whose host key came when this one was asked to log in; null where there was none, or nobody knows it.</summary>
    public string? AnsweredBy { get; init; }

    /// <summary>For how long it has written nothing.</summary>
    public TimeSpan Silence { get; init; }

    /// <summary>For how long it boots.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Its guest is ready, or does not run: what only explains a wait is not asked for.</summary>
    public bool IsOver { get; init; }

    /// <summary>A stage of its console was not reached: that is why it is not ready, and no matter of time.</summary>
    public bool HasFailedStage { get; init; }

    /// <summary>QEMU runs.</summary>
    public bool IsUp { get; init; } = true;

    public string? LastLine => Console is [.., var last] ? last : null;

    public bool Has(BootStage stage) => Boot?.Has(stage) == true;

    public bool IsBeyond(BootStage stage) => Boot?.IsBeyond(stage) == true;
}
