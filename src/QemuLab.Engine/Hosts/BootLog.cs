using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using QemuLab.Engine.Boots;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// A machine's file of boots: one JSON line each, the newest last. Of the one that is under way the last line is written
/// anew when it comes further. Where it cannot be written nothing is lost but the memory.
/// </summary>
/// <param name="path">Absolute; its folder may be missing.</param>
internal sealed class BootLog(string path)
{
    /// <summary>So many are read; the file is cut to them when it has twice as many, and not at each start.</summary>
    private const int Kept = 50;
    private const byte LineEnd = (byte)'\n';

    private readonly Lock gate = new();
    private long lastLine = -1;

    /// <summary>The oldest first; a line that cannot be read is passed over.</summary>
    public static IReadOnlyList<Boot> Read(string path)
    {
        try
        {
            return [.. File.ReadLines(path).TakeLast(Kept).Select(line => Parse(Encoding.UTF8.GetBytes(line))).OfType<Boot>()];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The newest boot, if its line can be read. The others are not looked at: this is asked at each start.</summary>
    public Boot? Last()
    {
        byte[] all = [];
        Try(() => all = Content());
        ReadOnlySpan<byte> lines = all.AsSpan().TrimEnd(LineEnd);
        return lines.IsEmpty ? null : Parse(lines[(lines.LastIndexOf(LineEnd) + 1)..]);
    }

    /// <summary>Adds a boot; the oldest go.</summary>
    public void Begin(Boot boot) => Try(() =>
    {
        byte[] all = Content();
        ReadOnlySpan<byte> old = all;
        int lines = old.Count(LineEnd);
        bool isFull = lines >= 2 * Kept;
        if (isFull || !(old.IsEmpty || old[^1] == LineEnd))
        {
            // A line without an end is one that a power cut has left.
            old = old[..(old.LastIndexOf(LineEnd) + 1)];
            for (; isFull && lines >= Kept; lines--)
            {
                old = old[(old.IndexOf(LineEnd) + 1)..];
            }

            AtomicFile.Write(path, old, durable: false);
        }

        lastLine = old.Length;
        Put(boot, FileMode.OpenOrCreate);
    });

    /// <summary>Goes on with the boot that is the file's last.</summary>
    public void Resume() => Try(() =>
    {
        lastLine = File.ReadAllBytes(path).AsSpan().TrimEnd(LineEnd).LastIndexOf(LineEnd) + 1;
    });

    /// <summary>Writes the last boot anew. A file that has gone meanwhile is not made again: its machine is being removed.</summary>
    public void Update(Boot boot) => Try(() => Put(boot, FileMode.Open));

    /// <summary>Takes the last boot out: it was none.</summary>
    public void Discard() => Try(() =>
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.SetLength(lastLine);
        lastLine = -1;
    });

    private void Put(Boot boot, FileMode mode)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(boot, BootJson.Default.Boot), LineEnd];
        using var file = new FileStream(path, new FileStreamOptions { Mode = mode, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = mode == FileMode.OpenOrCreate ? AtomicFile.Private : null });
        file.SetLength(lastLine);
        file.Position = lastLine;
        file.Write(line);
    }

    private void Try(Action write)
    {
        lock (gate)
        {
            try
            {
                write();
            }
            catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
            {
            }
        }
    }

    private byte[] Content() => File.Exists(path) ? File.ReadAllBytes(path) : [];

    private static Boot? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, BootJson.Default.Boot) is { Marks: [_, ..] } boot ? boot : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Boot))]
internal sealed partial class BootJson : JsonSerializerContext;
