using Microsoft.AspNetCore.Builder;
using QemuLab.Daemon;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Fakes;

/// <summary>The daemon's whole web application over a lab of fakes, for the real binary to talk to.</summary>
internal sealed class FakeDaemon : IAsyncDisposable
{
    private static readonly string Binary = Path.Combine(AppContext.BaseDirectory, "qemulab");

    private readonly LabSupervisor labs;
    private readonly WebApplication app;

    private FakeDaemon(FakeLab lab, LabSupervisor labs, WebApplication app)
    {
        Lab = lab;
        this.labs = labs;
        this.app = app;
    }

    public FakeLab Lab { get; }

    public LabSupervisor Labs => labs;

    /// <summary>A daemon with one launched lab.</summary>
    public static async Task<FakeDaemon> StartAsync(string labFile)
    {
        var lab = new FakeLab();
        LabSupervisor labs = await lab.StartAsync();
        LaunchOutcome outcome = await labs.LaunchAsync(FakeLab.Source(labFile), new LaunchOptions(), null);
        Assert.True(outcome.Succeeded);
        WebApplication app = DaemonApp.Build(lab.Parts(), labs);
        await app.StartAsync();
        return new FakeDaemon(lab, labs, app);
    }

    public Task<CommandResult> RunAsync(params string[] arguments) => RunInAsync(null, arguments);

    /// <summary>A command in a folder.</summary>
    public async Task<CommandResult> RunInAsync(string? folder, params string[] arguments)
    {
        CommandResult result = await new CommandRunner().RunAsync(new Command(Binary, arguments)
        {
            WorkingDirectory = folder,
            TimeLimit = TimeSpan.FromSeconds(60),
            Environment = new Dictionary<string, string?> { ["QEMULAB_HOME"] = Lab.Paths.Home },
        });
        Assert.False(result.TimedOut, $"qemulab {string.Join(' ', arguments)} did not end");
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await labs.DisposeAsync();
        Lab.Dispose();
    }
}
