using System.Text;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// Writes a file so that a reader, a crash or a power cut finds either the old content or the new one, whole: a temporary
/// file beside it, flushed to the disk, renamed over it, and the folder flushed.
/// </summary>
public static class AtomicFile
{
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>UTF-8 without a byte order mark.</summary>
    public static void Write(string path, string text, UnixFileMode mode = Private) => Write(path, Encoding.UTF8.GetBytes(text), mode);

    /// <summary>Writes only where the file has another content: what is flushed to the disk takes milliseconds.</summary>
    public static void Update(string path, string text, UnixFileMode mode = Private) => Update(path, Encoding.UTF8.GetBytes(text), mode);

    /// <inheritdoc cref="Update(string, string, UnixFileMode)"/>
    public static void Update(string path, ReadOnlySpan<byte> content, UnixFileMode mode = Private, bool durable = true)
    {
        if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
        {
            Write(path, content, mode, durable);
        }
    }

    /// <param name="path">Absolute; its folder must exist.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">The file's permissions, whatever umask is set.</param>
    /// <param name="durable">False for what means nothing after a reboot: nothing is flushed, which saves milliseconds.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode = Private, bool durable = true)
    {
        string folder = Path.GetDirectoryName(path)!;
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode };
            using (var stream = new FileStream(temporary, options))
            {
                File.SetUnixFileMode(stream.SafeFileHandle, mode);
                stream.Write(content);
                stream.Flush(flushToDisk: durable);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        if (durable)
        {
            FlushFolder(folder);
        }
    }

    /// <summary>Without it the rename itself may be lost in a power cut. File systems that cannot do it are let be.</summary>
    private static void FlushFolder(string folder)
    {
        int handle = NativeFile.Open(folder, NativeFile.ReadOnly);
        if (handle >= 0)
        {
            _ = NativeFile.Flush(handle);
            _ = NativeFile.Close(handle);
        }
    }
}
