using System.Runtime.InteropServices;
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

    /// <summary>
    /// Gives a finished file its place, if nothing lies there: of all callers at once, in whatever processes, one succeeds. It is
    /// link(2) that decides; <see cref="File.Move(string, string)"/> looks first and renames then, so that two may succeed.
    /// </summary>
    /// <param name="finished">On the same file system. It stays, under this name too.</param>
    /// <param name="path">The place, in a folder that exists.</param>
    /// <returns>False where something lies there already.</returns>
    /// <exception cref="IOException">The file system has no hard links, or the folder cannot be written.</exception>
    public static bool TryPlace(string finished, string path)
    {
        using (var stream = new FileStream(finished, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Flush(flushToDisk: true);
        }

        if (NativeFile.Link(finished, path) == 0)
        {
            FlushFolder(Path.GetDirectoryName(path)!);
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        if (error != NativeFile.Exists)
        {
            throw new IOException($"{path} could not be made: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }

        return false;
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
