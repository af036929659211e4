using Microsoft.Win32.SafeHandles;

namespace QemuLab.Output;

/// <summary>
/// Standard output that tells when nobody reads it any more. .NET's own takes a closed pipe for a success, and
/// <c>events -f | head -1</c> would go on for ever.
/// </summary>
internal static class StandardOutput
{
    private const int Descriptor = 1, ErrorDescriptor = 2;

    /// <summary>Not closed by disposal. Writing to it throws an <see cref="IOException"/> where its reader has gone.</summary>
    public static Stream Open()
    {
        var handle = new SafeFileHandle(Descriptor, ownsHandle: false);
        var stream = new FileStream(handle, FileAccess.Write, bufferSize: 0);
        // In a file others may write too, such as ssh: .NET would go by a position of its own.
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    /// <summary>Text, of which each write goes out at once. Not the console's own writer: where that is a terminal, .NET switches its keypad first, and leaves it so.</summary>
    public static TextWriter Writer() => TextWriter.Synchronized(new StreamWriter(Open()) { AutoFlush = true });

    /// <summary>The same for standard error where it is a terminal; nobody is told when it is a pipe without a reader.</summary>
    public static TextWriter ErrorWriter() => Console.IsErrorRedirected
        ? Console.Error
        : TextWriter.Synchronized(new StreamWriter(new FileStream(new SafeFileHandle(ErrorDescriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0)) { AutoFlush = true });
}
