using QemuLab.Engine.Consoles;

namespace QemuLab.Api;

/// <summary>Reads a log from a place on, as far as it goes at the moment, again and again, while it grows and is cut under it.</summary>
/// <param name="path">The file, there or not there yet.</param>
/// <param name="isSerial">A serial console's, whose older part is in a file beside it; otherwise QEMU's own, which is one file.</param>
internal sealed class LogReader(string path, bool isSerial)
{
    /// <summary>So many looks a file that has become shorter may take to be marked as cut.</summary>
    private const int Patience = 10;

    private readonly byte[] buffer = new byte[64 * 1024];
    private readonly SerialLog log = new(path);
    private (long Length, DateTime Written) marks;
    private long begin;
    private long at;
    private long limit = long.MaxValue;
    private int looks;

    /// <summary>Says where to begin: the later of the two, and the oldest byte that there is where neither is given.</summary>
    /// <param name="lines">With so many last lines.</param>
    /// <param name="place">With what was written from a place of the <see cref="SerialLog"/> on.</param>
    public void Begin(int? lines, long? place = null)
    {
        Look();
        long oldest = isSerial ? log.Oldest : LogFile.StartOf(path);
        at = Math.Max(lines is { } count ? StartOfLast(count, oldest) : oldest, place ?? oldest);

        // What a guest that never stops writes meanwhile comes with the next call, or would have no end.
        limit = begin + SerialLog.Length(path);
    }

    /// <summary>What has come since the last call, after <see cref="Begin"/> what was there then; false where nothing has.</summary>
    public bool Read(Action<ReadOnlySpan<byte>> sink)
    {
        bool any = ReadToLimit(sink);
        limit = long.MaxValue;
        return any;
    }

    private bool ReadToLimit(Action<ReadOnlySpan<byte>> sink)
    {
        Look();
        bool any = false;
        if (at < begin)
        {
            // The rest of what has been moved away.
            any = Copy(log.Previous, at - log.Oldest, sink);
            at = begin;
        }

        long length = SerialLog.Length(path);
        if (length < at - begin)
        {
            if (isSerial && ++looks < Patience)
            {
                return any;
            }

            // Begun anew by QEMU's start, or emptied by somebody else than us.
            at = begin;
        }

        looks = 0;
        return (length > at - begin && Copy(path, at - begin, sink)) || any;
    }

    private long StartOfLast(int missing, long oldest)
    {
        long start = begin + LogFile.StartOfLast(path, ref missing);
        return missing > 0 && isSerial && File.Exists(log.Previous) ? oldest + LogFile.StartOfLast(log.Previous, ref missing) : start;
    }

    private bool Copy(string file, long from, Action<ReadOnlySpan<byte>> sink)
    {
        long before = at;
        try
        {
            using FileStream stream = LogFile.Open(file);
            stream.Position = Math.Max(0, from);
            for (int count; (count = stream.Read(buffer, 0, (int)Math.Clamp(limit - at, 0, buffer.Length))) > 0; at += count)
            {
                sink(buffer.AsSpan(0, count));
            }
        }
        catch (IOException gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            // Between two looks.
        }

        return at != before;
    }

    /// <summary>Asks where the file begins only when there are new marks.</summary>
    private void Look()
    {
        if (isSerial && new FileInfo(log.Marks) is { Exists: true } file && (file.Length, file.LastWriteTimeUtc) is var now && now != marks)
        {
            (marks, begin) = (now, log.Base);
        }
    }
}
