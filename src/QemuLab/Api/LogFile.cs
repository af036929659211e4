using System.Text;

namespace QemuLab.Api;

/// <summary>A log that grows while it is read.</summary>
internal static class LogFile
{
    private const int Chunk = 64 * 1024;

    /// <summary>The last <paramref name="lines"/> lines, or all; nothing where the file is not there yet.</summary>
    public static string Tail(string path, int? lines)
    {
        if (!File.Exists(path))
        {
            return "";
        }

        using FileStream file = Open(path);
        file.Position = lines is { } count ? StartOfLast(file, count) : 0;
        using var reader = new StreamReader(file, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Reads backwards, so that a log of gigabytes costs no more than a short one.</summary>
    private static long StartOfLast(FileStream file, int lines)
    {
        byte[] buffer = new byte[Chunk];
        long end = file.Length;
        int seen = 0;
        for (long position = end; position > 0;)
        {
            int size = (int)Math.Min(Chunk, position);
            position -= size;
            file.Position = position;
            file.ReadExactly(buffer, 0, size);
            for (int i = size - 1; i >= 0; i--)
            {
                // The newline that ends the last line does not begin another one.
                if (buffer[i] == '\n' && position + i != end - 1 && ++seen == lines)
                {
                    return position + i + 1;
                }
            }
        }

        return lines == 0 ? end : 0;
    }
}
