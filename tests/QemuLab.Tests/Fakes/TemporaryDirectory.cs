namespace QemuLab.Tests.Fakes;

/// <summary>A folder of its own for one test, with a path short enough for Unix sockets; gone at the end.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ql-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
