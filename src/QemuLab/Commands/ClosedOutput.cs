using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>Standard output has been closed by its reader, as <c>head</c> does.</summary>
internal static class ClosedOutput
{
    private const int BrokenPipe = 32;
    private const int StandardOutput = 1;

    public static bool Is(IOException error) => error.HResult == BrokenPipe || error.Message.StartsWith("Broken pipe", StringComparison.Ordinal);

    /// <summary>For what would go on for ever.</summary>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    public static void ThrowIfClosed()
    {
        if (NativeTerminal.IsClosed(StandardOutput))
        {
            throw new IOException("Broken pipe", BrokenPipe);
        }
    }
}
