namespace QemuLab.Engine.Boots;

/// <summary>Findings as a message's last lines, and as its hint.</summary>
internal static class FindingText
{
    private const int Most = 3;

    /// <summary><c>why: the kernel found no root file system (kernel-panic-no-root)</c>, with the line that shows it below; the faults, or else the first of all.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<BootFinding> findings) =>
        findings.Where((finding, i) => i == 0 || finding.Kind == BootFindingKind.Fault).Take(Most)
            .SelectMany(finding => (string[])[$"why: {finding.Meaning} ({finding.Code})", .. finding.Quote is { } quote ? ["  " + quote] : (string[])[]]);

    /// <summary>What to do about the first fault; null where there is none.</summary>
    public static string? Advice(IReadOnlyList<BootFinding> findings) => findings.FirstOrDefault(finding => finding.Kind == BootFindingKind.Fault)?.Advice;
}
