using System.Globalization;

namespace QemuLab.Engine.Networks;

/// <summary>The switch's log: a line for what happens seldom, never one per frame.</summary>
internal sealed class SwitchLog(string path, TimeProvider time) : IDisposable
{
    private readonly StreamWriter writer = new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };

    public void Write(string message) =>
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {message}"));

    public void Dispose() => writer.Dispose();
}
