namespace QemuLab.Commands;

/// <summary>Keeps the stack of a bug for whoever looks for it; a person sees one line.</summary>
internal static class CrashLog
{
    public static string PathOf(Cli cli)
    {
        try
        {
            return cli.Paths.DaemonLog;
        }
        catch (Engine.QemuLabException)
        {
            return Path.Combine(Path.GetTempPath(), "qemulab.log");
        }
    }

    public static void Write(string path, Exception error)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.AppendAllText(path, $"{DateTimeOffset.UtcNow:O} command line {error}\n");
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"hint: that log cannot be written: {unwritable.Message}");
        }
    }
}
