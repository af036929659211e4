using System.Text;
using QemuLab.Engine.Boots;

namespace QemuLab.Engine.Ssh;

/// <summary>Follows a machine's serial log: whether it has grown, and which stages the new part tells of. Reads nothing twice.</summary>
/// <param name="path">The log; it may not be there yet.</param>
/// <param name="from">Where the boot begins.</param>
internal sealed class ConsoleFollower(string path, long from)
{
    /// <summary>A guest that writes more between two looks is not read whole.</summary>
    private const int MostAtOnce = 256 * 1024;

    private readonly ConsoleReader reader = new();
    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();
    private long position = from;

    /// <summary>Whether there was anything new, and the stages that it tells of.</summary>
    public (bool HasGrown, IReadOnlyList<BootStage> Stages) Look()
    {
        long length = SerialTail.Length(path);
        return length == position ? (false, []) : (true, Read(length));
    }

    private IReadOnlyList<BootStage> Read(long length)
    {
        try
        {
            using var log = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            // A log that has become shorter is another one.
            position = length < position ? 0 : Math.Max(position, length - MostAtOnce);
            log.Position = position;
            byte[] bytes = new byte[length - position];
            int count = log.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            position = length;
            char[] text = new char[Encoding.UTF8.GetMaxCharCount(count)];
            return reader.Read(new string(text, 0, decoder.GetChars(bytes.AsSpan(0, count), text, flush: false)));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
