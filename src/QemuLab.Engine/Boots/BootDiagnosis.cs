namespace QemuLab.Engine.Boots;

/// <summary>Why a machine is not up, from all that is known of its boot; pure.</summary>
internal static class BootDiagnosis
{
    /// <summary>The finding that explains most first; each code once. A machine that boots always has one, unless a stage that was not reached says why; a ready one only where something else is wrong.</summary>
    public static IReadOnlyList<BootFinding> Of(BootEvidence evidence)
    {
        BootFinding[] all = [.. Told(evidence).Concat(BootConditions.Of(evidence)).Where(finding => !IsReady(evidence) || finding.Kind == BootFindingKind.Warning).DistinctBy(finding => finding.Code)];
        bool hasFailed = all.Any(finding => finding.Kind == BootFindingKind.Fault);
        BootFinding[] found =
        [
            .. all.Select(finding => hasFailed && finding.ExplainsFaults ? finding with { Kind = BootFindingKind.Fault } : finding)
                .OrderBy(finding => finding.Kind) // stable: the table's order within a kind
                .ThenByDescending(finding => hasFailed && finding.ExplainsFaults),
        ];
        bool isExplained = evidence.IsOver || evidence.HasFailedStage || found.Any(finding => finding.Kind is BootFindingKind.Fault || finding.Code == BootConditions.NoOutput);
        return isExplained ? found : [.. found, BootConditions.Progress(evidence)];
    }

    /// <summary>Of a boot that nobody has seen begin it is not known which lines are of it.</summary>
    private static IEnumerable<BootFinding> Told(BootEvidence evidence) =>
        evidence.Boot is null ? [] : ConsoleCauses.All
            .Where(cause => cause.Code != BootConditions.CloudInitFailed || evidence.Boot.CloudInitErrors is [])
            .Select(cause => cause.Find(evidence)).OfType<BootFinding>();

    /// <summary>What its boot tells of has been overcome; a panic after that is no longer of its boot.</summary>
    private static bool IsReady(BootEvidence evidence) => evidence is { IsOver: true, IsUp: true };
}
