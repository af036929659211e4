using System.Globalization;

namespace QemuLab.Engine.Networks;

/// <summary>The switch's log: a line for what happens seldom, never one per frame. For any number of threads.</summary>
internal sealed class SwitchLog(string path, TimeProvider time) : IDisposable
{
    private readonly StreamWriter writer = new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };

    private readonly Lock gate = new();

    public void Write(string message)
    {
        lock (gate)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {message}"));
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            writer.Dispose();
        }
    }
}
