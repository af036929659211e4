using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs;

/// <summary>The faults found so far: reading goes on after each, so that the user sees all of them in one go.</summary>
internal sealed class Faults(string labFile)
{
    private readonly List<Diagnostic> found = [];

    public bool HasErrors => found.Exists(fault => fault.Severity == Severity.Error);

    /// <param name="place">Where.</param>
    /// <param name="message">What is wrong and what to write instead.</param>
    /// <param name="key">The key that it is about, put before the message; a setting is named by its whole path instead.</param>
    public void Error(Place place, string message, string? key = null) => Add(place, message, key, Severity.Error);

    public void Warning(Place place, string message) => Add(place, message, key: null, Severity.Warning);

    /// <summary>Takes over what was found elsewhere.</summary>
    public void Take(Faults others) => found.AddRange(others.found);

    /// <summary>The lab file's faults from top to bottom, then those of the files it names, then the settings'. Nothing is said twice.</summary>
    public IReadOnlyList<Diagnostic> InOrder() =>
        [.. found.Distinct()
            .OrderBy(fault => fault.File == labFile ? 0 : fault.Line > 0 ? 1 : 2)
            .ThenBy(fault => fault.Line > 0 ? fault.File : "", StringComparer.Ordinal)
            .ThenBy(fault => fault.Line)
            .ThenBy(fault => fault.Column)];

    private void Add(Place place, string message, string? key, Severity severity)
    {
        string? subject = place.Setting ?? key;
        found.Add(new Diagnostic(place.File, place.Line, place.Column, subject is null ? message : $"{subject}: {message}", severity));
    }
}
