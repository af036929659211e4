using System.Text.RegularExpressions;

namespace QemuLab.Commands;

/// <summary>One side of a copy.</summary>
/// <param name="Machine">A machine, LAB/MACHINE or a group; null: this host.</param>
/// <param name="Path">As it was typed; <c>-</c> on this host is standard input or output.</param>
internal sealed partial record CopyPlace(string? Machine, string Path)
{
    public bool IsStream => Machine is null && Path == "-";

    /// <summary><c>NAME:PATH</c>, or a path of this host: as for scp, one with a colon is written <c>./a:b</c>.</summary>
    public static CopyPlace Parse(string text) => Remote().Match(text) is { Success: true } remote
        ? new CopyPlace(remote.Groups["machine"].Value, remote.Groups["path"].Value is { Length: > 0 } path ? path : ".")
        : new CopyPlace(null, text);

    public override string ToString() => Machine is null ? Path : $"{Machine}:{Path}";

    [GeneratedRegex(@"\A(?<machine>[a-z0-9][a-z0-9-]*(?:/[a-z0-9][a-z0-9-]*)?):(?<path>.*)\z", RegexOptions.Singleline)]
    private static partial Regex Remote();
}
