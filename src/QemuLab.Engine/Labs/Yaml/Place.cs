namespace QemuLab.Engine.Labs.Yaml;

/// <summary>Where a value was written: a position in a file, or a <c>--set</c> of the command line.</summary>
/// <param name="File">As the user named it.</param>
/// <param name="Line">1-based; 0 for a setting.</param>
/// <param name="Column">1-based; 0 for a setting.</param>
/// <param name="Setting">The key of the <c>--set</c>, or null for a place in a file.</param>
internal readonly record struct Place(string File, int Line, int Column, string? Setting = null)
{
    public static Place OfSetting(string key) => new("--set", 0, 0, key);
}
