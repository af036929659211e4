using System.Text;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Hooks;

/// <summary>A lab's file of hooks that ran: one JSON line each, the newest last; and its file of what they were told. Where they cannot be written nothing is lost but the memory.</summary>
/// <param name="paths">Where the lab's files are; its folder is not made.</param>
/// <param name="lab">The lab's name.</param>
internal sealed class HookFiles(StatePaths paths, string lab)
{
    /// <summary>Of the log, and of the older part beside it. A run takes some hundred bytes, and at most some thousand.</summary>
    public const long Limit = 1024 * 1024;

    private readonly Lock gate = new();
    private readonly string log = paths.HookLog(lab);
    private readonly string marks = paths.HookMarks(lab);
    private bool isClosed;

    /// <summary>What a former daemon has left; empty where it has left nothing.</summary>
    public IReadOnlyDictionary<string, HookMark> ReadMarks()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(marks), HookJson.Default.DictionaryStringHookMark) ?? [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            return new Dictionary<string, HookMark>();
        }
    }

    /// <summary>The runs that are kept, the oldest first; a line that cannot be read is passed over.</summary>
    public IReadOnlyList<HookRun> ReadRuns()
    {
        lock (gate)
        {
            return [.. new[] { Older, log }.Where(File.Exists).SelectMany(Lines).Select(Parse).OfType<HookRun>()];
        }
    }

    public void Write(IReadOnlyDictionary<string, HookMark> told) => Try(() =>
        AtomicFile.Write(marks, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, HookMark>(told), HookJson.Default.DictionaryStringHookMark), durable: false));

    public void Append(HookRun run) => Try(() =>
    {
        if (File.Exists(log) && new FileInfo(log).Length > Limit)
        {
            File.Move(log, Older, overwrite: true);
        }

        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(run, HookJson.Default.HookRun), (byte)'\n'];
        using var file = new FileStream(log, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = AtomicFile.Private });
        file.Write(line);
    });

    /// <summary>Nothing is written any more: the lab's folder goes.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
        }
    }

    private string Older => log + ".1";

    private void Try(Action write)
    {
        lock (gate)
        {
            try
            {
                if (!isClosed && Directory.Exists(Path.GetDirectoryName(log)))
                {
                    write();
                }
            }
            catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
            {
            }
        }
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path, Encoding.UTF8);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static HookRun? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, HookJson.Default.HookRun);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
