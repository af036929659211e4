namespace QemuLab.Engine.Labs;

/// <summary>
/// All that a lab is read from, in memory: the lab file's text, the settings given beside it and the files that it names.
/// Self-contained, so that the daemon can store it and read it again the same way.
/// </summary>
public sealed record LabSource
{
    /// <summary>The lab file as the user named it, for messages.</summary>
    public required string DisplayPath { get; init; }

    /// <summary>The absolute folder that relative paths in the file start from.</summary>
    public required string BaseDirectory { get; init; }

    public required string Text { get; init; }

    /// <summary>What <c>--set</c> gave, each <c>key=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The files that the lab file names for their text, by the name that it uses.</summary>
    public IReadOnlyDictionary<string, SourceFile> Files { get; init; } = new Dictionary<string, SourceFile>();
}

/// <summary>A file's text, or why it could not be read.</summary>
public sealed record SourceFile(string? Text, string? Error = null);
