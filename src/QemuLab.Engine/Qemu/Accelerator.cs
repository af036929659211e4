using System.Text.Json.Serialization;

namespace QemuLab.Engine.Qemu;

/// <summary>What runs the guest's instructions.</summary>
public enum Accelerator
{
    /// <summary>QEMU's own translator: works everywhere, 10 to 30 times slower.</summary>
    Tcg,

    /// <summary>Linux' hypervisor.</summary>
    Kvm,

    /// <summary>macOS' Hypervisor.framework.</summary>
    Hvf,
}

/// <summary>The accelerator that a probe guest has really run under.</summary>
/// <param name="Accelerator">The best one that works.</param>
/// <param name="CpuModel">The CPU model that it works with, such as <c>host</c> or <c>max</c>.</param>
/// <param name="FallbackReason">Why it is not a better one, everything that was tried; null where it is the best.</param>
/// <param name="Hint">What would make a better one work, where known.</param>
/// <param name="Summary">The reason in a few words, where <paramref name="FallbackReason"/> is long.</param>
public sealed record AcceleratorFacts(Accelerator Accelerator, string CpuModel, string? FallbackReason, string? Hint = null, string? Summary = null)
{
    /// <summary>The fallback's reason for one line of a terminal; null where there was none.</summary>
    [JsonIgnore]
    public string? Brief => Summary ?? FallbackReason;


    /// <summary>The name that QEMU takes: <c>tcg</c>, <c>kvm</c>, <c>hvf</c>.</summary>
    public string Name => Accelerator.ToString().ToLowerInvariant();
}
