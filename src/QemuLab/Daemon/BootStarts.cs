using QemuLab.Api;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using Serilog;

namespace QemuLab.Daemon;

/// <summary>Starts with the daemon what the labs want started with the host. It counts as a change of the labs, and ends with the daemon.</summary>
internal sealed class BootStarts(LabSupervisor labs, EngineParts parts, Launches launches) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var start = new BootStart(labs, new BootRecord(parts.Paths, parts.Runner));
        try
        {
            await Task.WhenAll((await start.FindAsync(stoppingToken)).Select(lab => StartAsync(start, lab, stoppingToken)));
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
        catch (Exception unforeseen)
        {
            // An exception would end the daemon.
            Log.Error(unforeseen, "what is to start with the host could not be found");
        }
    }

    private async Task StartAsync(BootStart start, BootStartLab lab, CancellationToken stoppingToken)
    {
        using Launches.Launch launch = launches.Begin(lab.Name, stoppingToken);
        try
        {
            await start.StartAsync(lab, launch.Cancellation);
        }
        catch (OperationCanceledException)
        {
            // The daemon's end, or a person's: qemulab down.
        }
        catch (Exception unforeseen)
        {
            Log.Error(unforeseen, "lab {Lab:l} could not be started with the host", lab.Name);
            labs.Events.Add(LabEventKind.Warning, lab.Name, null, "autostart-failed", $"lab {lab.Name} could not be started with the host: {unforeseen.Message}");
        }
    }
}
