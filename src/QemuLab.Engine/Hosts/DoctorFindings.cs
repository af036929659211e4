namespace QemuLab.Engine.Hosts;

/// <summary>What the doctor looks at beside the host's facts.</summary>
internal sealed record DoctorFindings
{
    /// <summary>QemuLab's home.</summary>
    public required string Home { get; init; }

    /// <summary>Why nothing can be written there; null where it can.</summary>
    public string? HomeFault { get; init; }

    /// <summary>Those of the programs that the checks name that are installed.</summary>
    public required IReadOnlySet<string> Programs { get; init; }

    public required PackageTool Packages { get; init; }

    public required string User { get; init; }

    public required bool IsRoot { get; init; }

    /// <summary>Why this user can make no user namespace; null where it can, and on macOS.</summary>
    public string? NamespaceFault { get; init; }

    /// <summary>Whether /etc/subuid and /etc/subgid give the user a range of ids.</summary>
    public bool HasSubordinateIds { get; init; }
}
