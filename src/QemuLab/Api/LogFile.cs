using System.Text;

namespace QemuLab.Api;

/// <summary>A log that grows while it is read.</summary>
internal static class LogFile
{
    private const int Chunk = 64 * 1024;

    /// <summary>The last <paramref name="lines"/> lines, or all; nothing where the file is not there yet.</summary>
    public static string Tail(string path, int? lines, bool isSerial = false)
    {
        var reader = new LogReader(path, isSerial);
        reader.Begin(lines);
        Decoder decoder = Encoding.UTF8.GetDecoder();
        var text = new StringBuilder();
        char[] characters = new char[Chunk + 1];
        reader.Read(bytes => text.Append(characters, 0, decoder.GetChars(bytes, characters, flush: false)));
        return text.ToString();
    }

    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>Where the last lines begin. Reads backwards, so that a log of gigabytes costs no more than a short one.</summary>
    /// <param name="path">The file; 0 where it is not there.</param>
    /// <param name="missing">So many lines; then, how many of them it does not have.</param>
    public static long StartOfLast(string path, ref int missing)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using FileStream file = Open(path);
        long end = file.Length;
        if (missing == 0)
        {
            return end;
        }

        byte[] buffer = new byte[Chunk];
        int wanted = missing;
        for (long position = end; position > 0;)
        {
            int size = (int)Math.Min(Chunk, position);
            position -= size;
            file.Position = position;
            file.ReadExactly(buffer, 0, size);
            for (int i = size - 1; i >= 0; i--)
            {
                // The newline that ends the last line does not begin another one.
                if (buffer[i] == '\n' && position + i != end - 1 && --missing == 0)
                {
                    return position + i + 1;
                }
            }
        }

        missing = end > 0 ? missing - 1 : wanted;
        return 0;
    }

    /// <summary>Where its text begins: what was too long has been cut out of its beginning, and is read as zeros.</summary>
    public static long StartOf(string path)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using FileStream file = Open(path);
        byte[] buffer = new byte[Chunk];
        if (file.Read(buffer, 0, 1) == 0 || buffer[0] != 0)
        {
            return 0;
        }

        for (long position = file.Length; position > 0;)
        {
            int size = (int)Math.Min(Chunk, position);
            position -= size;
            file.Position = position;
            file.ReadExactly(buffer, 0, size);
            int zero = buffer.AsSpan(0, size).LastIndexOf((byte)0);
            if (zero >= 0)
            {
                return position + zero + 1;
            }
        }

        return 0;
    }
}
