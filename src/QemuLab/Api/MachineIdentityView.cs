namespace QemuLab.Api;

/// <summary>What a machine is called, and its labels.</summary>
internal interface IMachineIdentity
{
    string Lab { get; }

    string Name { get; }

    IReadOnlyDictionary<string, string> Labels { get; }
}

/// <summary>
/// As much of a <see cref="MachineView"/> as a verb needs that only passes names on. It is read out of the same answer, in a
/// fraction of the time.
/// </summary>
/// <param name="Lab">Its lab.</param>
/// <param name="Name">Of the machine.</param>
/// <param name="Plan">Null for a machine that the lab file no longer has.</param>
internal sealed record MachineIdentityView(string Lab, string Name, LabelsView? Plan = null) : IMachineIdentity
{
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyDictionary<string, string> Labels => Plan?.Labels ?? new Dictionary<string, string>();
}

/// <summary>The labels of what was planned.</summary>
/// <param name="Labels">By their keys.</param>
internal sealed record LabelsView(IReadOnlyDictionary<string, string>? Labels = null);
