using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using QemuLab.Api;
using QemuLab.Daemon;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Integration.Tests;

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

    /// <summary>What is mapped, such as <c>GET /v1/labs</c>.</summary>
    public IEnumerable<string> Routes => ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().SelectMany(
        endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [], (endpoint, method) => $"{method} /{endpoint.RoutePattern.RawText?.TrimStart('/')}");

    /// <summary>What machines have taken of the host, at each look; null: what the fakes' process ids say.</summary>
    public Func<IReadOnlyList<MachineUsageView>>? Usage { get; set; }

    /// <summary>A daemon with one launched lab.</summary>
    /// <param name="labFile">The lab file's text.</param>
    /// <param name="lab">The fakes, set as they shall be; null: as they are.</param>
    public static async Task<FakeDaemon> StartAsync(string labFile, FakeLab? lab = null)
    {
        lab ??= new FakeLab();
        LabSupervisor labs = await lab.StartAsync();
        try
        {
            LaunchOutcome outcome = await labs.LaunchAsync(FakeLab.Source(labFile), new LaunchOptions(), null);
            Assert.True(outcome.Succeeded);
            WebApplication app = DaemonApp.Build(lab.Parts(), labs);
            var daemon = new FakeDaemon(lab, labs, app);
            app.Use((http, next) => http.Request.Path == "/v1/usage" && daemon.Usage?.Invoke() is { } usage
                ? http.Response.WriteAsJsonAsync(usage, ApiJson.Info<IReadOnlyList<MachineUsageView>>())
                : next(http));
            await app.StartAsync();
            return daemon;
        }
        catch
        {
            await labs.DisposeAsync();
            lab.Dispose();
            throw;
        }
    }

    /// <summary>A command on a terminal of its own, by default with colours.</summary>
    public PseudoTerminal Show(int columns, int rows, IReadOnlyDictionary<string, string?> environment, params string[] arguments) => new(
        new Command(Binary, arguments)
        {
            WorkingDirectory = Lab.Paths.Home,
            Environment = new Dictionary<string, string?>(environment) { ["QEMULAB_HOME"] = Lab.Paths.Home, ["TZ"] = "UTC" },
        },
        columns,
        rows);

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
