namespace QemuLab.Engine.CloudInit;

/// <summary>A file of a flat disc.</summary>
/// <param name="Name">ASCII without a slash; at most 64 characters, Joliet's limit.</param>
public readonly record struct IsoFile(string Name, ReadOnlyMemory<byte> Content);
