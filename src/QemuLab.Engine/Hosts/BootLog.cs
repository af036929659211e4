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
    private const int Kept = 50;

    private readonly Lock gate = new();
    private long lastLine = -1;

    /// <summary>The oldest first; a line that cannot be read is passed over.</summary>
    public static IReadOnlyList<Boot> Read(string path)
    {
        try
        {
            return [.. File.ReadLines(path).Select(Parse).OfType<Boot>()];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Adds a boot; the oldest go.</summary>
    public void Begin(Boot boot) => Try(() =>
    {
        byte[] old = File.Exists(path) ? File.ReadAllBytes(path) : [];
        int[] ends = [.. Enumerable.Range(0, old.Length).Where(i => old[i] == (byte)'\n')];
        if (ends.Length >= Kept || (old.Length > 0 && old[^1] != (byte)'\n'))
        {
            // A line without an end is one that a power cut has left.
            old = ends.Length == 0 ? [] : old[(ends.Length >= Kept ? ends[^Kept] + 1 : 0)..(ends[^1] + 1)];
            AtomicFile.Write(path, old, durable: false);
        }

        lastLine = old.Length;
        Put(boot, FileMode.OpenOrCreate);
    });

    /// <summary>Goes on with the boot that is the file's last.</summary>
    public void Resume() => Try(() =>
    {
        byte[] old = File.ReadAllBytes(path);
        lastLine = old.AsSpan().TrimEnd((byte)'\n').LastIndexOf((byte)'\n') + 1;
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
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(boot, BootJson.Default.Boot), (byte)'\n'];
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

    private static Boot? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(Encoding.UTF8.GetBytes(line), BootJson.Default.Boot) is { Marks: [_, ..] } boot ? boot : null;
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
