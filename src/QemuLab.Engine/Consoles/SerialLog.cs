using System.Globalization;

namespace QemuLab.Engine.Consoles;

/// <summary>
/// What a guest has written on its serial console: the file that QEMU appends to, the older part beside it (<c>.1</c>), and
/// marks (<c>.marks</c>) that say when the log had which length, because the guest's lines have no times. Places are counted
/// from the first byte that was ever logged, so that they stay the same when the file is cut.
/// </summary>
/// <param name="path">The file that QEMU writes.</param>
public sealed class SerialLog(string path)
{
    /// <summary>Of marks: some hours of them at one in ten seconds. They are read whole at each look.</summary>
    private const int LongestMarks = 32 * 1024;

    /// <summary>So many of the last are never thinned out: an hour of them.</summary>
    private const int FreshMarks = 360;

    /// <summary>Marks are written by this process only, but by several of its threads.</summary>
    private static readonly Lock Writing = new();

    public string Path => path;

    /// <summary>What was in the file before it was cut the last time.</summary>
    public string Previous => path + ".1";

    /// <summary>One line a mark: the word, the place, the time in milliseconds.</summary>
    public string Marks => path + ".marks";

    /// <summary>Where the file begins.</summary>
    public long Base => Read().LastOrDefault(mark => mark.Kind == SerialMarkKind.Cut)?.Place ?? 0;

    /// <summary>Where the oldest byte that is still there is.</summary>
    public long Oldest => Base - Length(Previous);

    /// <summary>QEMU is about to be started.</summary>
    public void MarkStart(DateTimeOffset now) => Add(SerialMarkKind.Start, now);

    /// <summary>The log has grown to this length by now.</summary>
    public void MarkSeen(DateTimeOffset now) => Add(SerialMarkKind.Seen, now);

    /// <summary>Where the last start of QEMU began to write; null where nobody has marked it.</summary>
    public long? LastStart => Read().LastOrDefault(mark => mark.Kind == SerialMarkKind.Start)?.Place;

    /// <summary>Where what was written at a time or later begins, or some seconds earlier; what is not known is taken for later.</summary>
    public long Since(DateTimeOffset time) => Read().LastOrDefault(mark => mark.Time <= time)?.Place ?? 0;

    /// <summary>
    /// Moves what the file holds to <see cref="Previous"/> and begins it anew. QEMU has it open and goes on writing, at its end
    /// (<c>logappend</c>): so it is copied and cut, and what the guest writes between the last read and the cut is lost.
    /// </summary>
    /// <param name="keep">So much of its end is kept, where it has become longer than that between two looks.</param>
    /// <param name="now">For the mark.</param>
    public void Cut(long keep, DateTimeOffset now)
    {
        lock (Writing)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            long end;
            try
            {
                end = Copy(file, Math.Max(0, file.Length - keep));
            }
            catch (IOException)
            {
                // No room for a copy. Then the more reason to cut.
                File.Delete(Previous + ".new");
                end = file.Length;
            }

            long cutAt = Base + end;
            file.SetLength(0);
            Write([.. Kept(cutAt - Length(Previous)), new SerialMark(SerialMarkKind.Cut, cutAt, now)]);
        }
    }

    private long Copy(FileStream file, long from)
    {
        byte[] buffer = new byte[256 * 1024];
        using (var copy = new FileStream(Previous + ".new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = File.GetUnixFileMode(path) }))
        {
            file.Position = from;
            for (int count, isFirst = from > 0 ? 1 : 0; (count = file.Read(buffer)) > 0; isFirst = 0)
            {
                // It begins with a whole line, where there is an end of one near.
                int start = isFirst == 1 ? buffer.AsSpan(0, count).IndexOf((byte)'\n') + 1 : 0;
                copy.Write(buffer, start, count - start);
            }
        }

        File.Move(Previous + ".new", Previous, overwrite: true);
        return file.Position;
    }

    /// <summary>The marks that still lead somewhere, and the last start, which all that is left belongs to.</summary>
    private IEnumerable<SerialMark> Kept(long oldest)
    {
        IReadOnlyList<SerialMark> marks = Read();
        SerialMark? start = marks.LastOrDefault(mark => mark.Kind == SerialMarkKind.Start);
        return marks.Where(mark => mark.Kind != SerialMarkKind.Cut && (mark.Place >= oldest || mark == start));
    }

    private void Add(SerialMarkKind kind, DateTimeOffset now)
    {
        lock (Writing)
        {
            var mark = new SerialMark(kind, Base + Length(path), now);
            try
            {
                if (Length(Marks) > LongestMarks)
                {
                    // Every second one goes of those that only help to find a time: the older, the coarser.
                    IReadOnlyList<SerialMark> marks = Read();
                    Write([.. marks.Where((one, index) => one.Kind != SerialMarkKind.Seen || index % 2 == 0 || index >= marks.Count - FreshMarks), mark]);
                    return;
                }

                File.AppendAllText(Marks, mark.ToString());
            }
            catch (IOException)
            {
                // No room, or no folder any more: a mark is not worth a machine that is not started.
            }
        }
    }

    private void Write(IEnumerable<SerialMark> marks)
    {
        File.WriteAllText(Marks + ".new", string.Concat(marks));
        File.Move(Marks + ".new", Marks, overwrite: true);
    }

    private IReadOnlyList<SerialMark> Read()
    {
        try
        {
            return [.. File.ReadLines(Marks).Select(SerialMark.Parse).OfType<SerialMark>()];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>0 where there is no such file.</summary>
    public static long Length(string file) => new FileInfo(file) is { Exists: true } info ? info.Length : 0;
}

/// <summary>What a mark of a serial log is for.</summary>
internal enum SerialMarkKind
{
    /// <summary>QEMU was started.</summary>
    Start,

    /// <summary>The log was looked at.</summary>
    Seen,

    /// <summary>The file begins here.</summary>
    Cut,
}

/// <summary>When a serial log had which length.</summary>
/// <param name="Place">Counted from the first byte that was ever logged.</param>
internal sealed record SerialMark(SerialMarkKind Kind, long Place, DateTimeOffset Time)
{
    /// <summary>Null for what is none, such as a line that is only half written.</summary>
    public static SerialMark? Parse(string line) => line.Split(' ') is [var word, var place, var time]
        && Enum.TryParse(word, out SerialMarkKind kind)
        && long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out long at)
        && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds) && milliseconds < 253_402_300_800_000
            ? new SerialMark(kind, at, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds))
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind} {Place} {Time.ToUnixTimeMilliseconds()}\n");
}
