namespace QemuLab.Engine;

/// <summary>
/// The version of all JSON that scripts read. While it is the same, properties, words and routes are only added: none goes,
/// none is renamed, none takes another type.
/// </summary>
public static class DocumentSchema
{
    public const int Version = 1;
}
