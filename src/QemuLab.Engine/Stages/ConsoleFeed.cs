using QemuLab.Engine.Consoles;

namespace QemuLab.Engine.Stages;

/// <summary>A serial log as it grows, from a place on, over the cuts that keep it below its limit. Reads nothing twice.</summary>
/// <param name="path">The log; it may not be there yet.</param>
/// <param name="place">Where to begin, counted from the first byte ever logged.</param>
internal sealed class ConsoleFeed(string path, long place)
{
    /// <summary>So many looks a file that has become shorter may take to be marked as cut.</summary>
    private const int Patience = 10;

    private readonly SerialLog log = new(path);
    private (long Length, DateTime Written) marks;
    private long begin;
    private int looks;

    /// <summary>The next byte's.</summary>
    public long Place { get; private set; } = place;

    /// <summary>What has come; 0 where nothing has. What was cut off before it was read is passed over.</summary>
    public int Read(Span<byte> buffer)
    {
        Look();
        if (Place < begin)
        {
            long oldest = log.Oldest;
            Place = Math.Max(Place, oldest);
            if (Read(log.Previous, Place - oldest, buffer[..(int)Math.Min(buffer.Length, begin - Place)]) is > 0 and int older)
            {
                return older;
            }

            Place = begin;
        }

        long length = SerialLog.Length(path);
        if (length < Place - begin)
        {
            if (++looks < Patience)
            {
                return 0;
            }

            // Emptied by somebody else than us.
            Place = begin;
        }

        looks = 0;
        return length > Place - begin ? Read(path, Place - begin, buffer) : 0;
    }

    private int Read(string file, long from, Span<byte> buffer)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            stream.Position = from;
            int count = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            Place += count;
            return count;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Asks where the file begins only when there are new marks.</summary>
    private void Look()
    {
        if (new FileInfo(log.Marks) is { Exists: true } file && (file.Length, file.LastWriteTimeUtc) is var now && now != marks)
        {
            (marks, begin) = (now, log.Base);
        }
    }
}
