using QemuLab.Engine.Labs;
using Serilog;

namespace QemuLab.Daemon;

/// <summary>Tells systemd when the daemon is ready and when it ends, and writes every event of the engine to the log.</summary>
internal sealed class Lifetime(LabSupervisor labs, SystemdNotify systemd, IHostApplicationLifetime host) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        host.ApplicationStarted.Register(() => systemd.Send("READY=1"));
        host.ApplicationStopping.Register(() => systemd.Send("STOPPING=1"));
        try
        {
            await foreach (IReadOnlyList<LabEvent> batch in labs.Events.FollowAsync(after: 0, stoppingToken))
            {
                foreach (LabEvent happened in batch)
                {
                    Write(happened);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private static void Write(LabEvent happened)
    {
        Serilog.Events.LogEventLevel level = happened.Kind switch
        {
            LabEventKind.Warning or LabEventKind.Alarm => Serilog.Events.LogEventLevel.Warning,
            LabEventKind.Image => Serilog.Events.LogEventLevel.Debug,
            _ => Serilog.Events.LogEventLevel.Information,
        };
        string subject = happened.Machine is { } machine ? $"{happened.Lab}/{machine}" : happened.Lab;
        Log.Write(level, "{Subject:l} {Word:l} {Message:l}", subject, happened.Word, happened.Message ?? "");
    }
}
