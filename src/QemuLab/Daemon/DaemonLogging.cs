using QemuLab.Engine.Hosts;
using Serilog;
using Serilog.Events;

namespace QemuLab.Daemon;

/// <summary>Where the daemon's log goes: a file of bounded size, and the console in the foreground.</summary>
internal static class DaemonLogging
{
    private const long FileLimit = 10 * 1024 * 1024;
    private const int FilesKept = 3;
    private const string Template = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {Message:lj}{NewLine}{Exception}";

    public static void Start(StatePaths paths, bool console, bool verbose)
    {
        LoggerConfiguration configuration = new LoggerConfiguration()
            .MinimumLevel.Is(verbose ? LogEventLevel.Debug : LogEventLevel.Information)
            .MinimumLevel.Override("Microsoft", verbose ? LogEventLevel.Information : LogEventLevel.Warning)
            .WriteTo.File(paths.DaemonLog, outputTemplate: Template, formatProvider: null, fileSizeLimitBytes: FileLimit, rollOnFileSizeLimit: true, retainedFileCountLimit: FilesKept);
        if (console)
        {
            configuration.WriteTo.Console(outputTemplate: Template, standardErrorFromLevel: LogEventLevel.Verbose);
        }

        Log.Logger = configuration.CreateLogger();
    }
}
