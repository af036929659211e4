namespace QemuLab.Commands;

/// <summary>Standard output has been closed by its reader, as <c>head</c> does.</summary>
internal static class ClosedOutput
{
    private const int BrokenPipe = 32;

    public static bool Is(IOException error) => error.HResult == BrokenPipe || error.Message.StartsWith("Broken pipe", StringComparison.Ordinal);
}
