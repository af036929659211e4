namespace QemuLab.Output;

/// <summary>What the command line writes to: data on <see cref="Out"/>, everything else on <see cref="Error"/>.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Width">The width of the terminal that standard output is; null where it is none.</param>
/// <param name="Live">Whether standard error is a terminal that can be painted over.</param>
/// <param name="Colours">Whether standard output is a terminal that shall have colours.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, int? Width, bool Live, bool Colours = false)
{
    /// <summary>How what goes on is shown.</summary>
    public ProgressStyle Progress { get; init; }

    public static Terminal OfProcess()
    {
        bool obeys = Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";
        bool coloured = obeys && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        return new Terminal(StandardOutput.Writer(), StandardOutput.ErrorWriter(), Console.IsOutputRedirected ? null : WindowSize().Columns, !Console.IsErrorRedirected && obeys, !Console.IsOutputRedirected && coloured);
    }

    /// <summary>Columns and rows of the terminal, as they are now; 80 by 24 where it does not say.</summary>
    public static (int Columns, int Rows) WindowSize()
    {
        // Not by .NET's own way where that can be helped: it reads terminfo first, and leaves the keypad switched.
        if (OperatingSystem.IsLinux())
        {
            return NativeTerminal.WindowSize() ?? (80, 24);
        }

        try
        {
            return (Console.WindowWidth > 0 ? Console.WindowWidth : 80, Console.WindowHeight > 0 ? Console.WindowHeight : 24);
        }
        catch (IOException)
        {
            return (80, 24);
        }
    }

    public void Note(string text) => Error.WriteLine("note: " + text);

    public void Warning(string text) => Error.WriteLine("warning: " + text);
}
