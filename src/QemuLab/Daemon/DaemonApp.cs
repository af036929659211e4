using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using QemuLab.Api;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using Serilog;

namespace QemuLab.Daemon;

/// <summary>The daemon's web application: what it is made of and which routes it has.</summary>
internal static class DaemonApp
{
    /// <summary>How long open requests may still take when the daemon ends; what they began is taken back in that time.</summary>
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(30);

    /// <param name="parts">What the engine works with; the home's folder is there.</param>
    /// <param name="labs">The engine.</param>
    /// <param name="supervision">What the one who started the daemon gave to it; null: nothing.</param>
    public static WebApplication Build(EngineParts parts, LabSupervisor labs, Supervision? supervision = null)
    {
        supervision ??= Supervision.None;
        StatePaths paths = parts.Paths;
        // Empty: no configuration files and none of the watchers and console loggers that would come with them.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = paths.Home, ApplicationName = "qemulab" });
        builder.Services.AddRoutingCore();
        builder.Logging.AddSerilog();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownLimit);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            // Of the options of a source-generated context only the converters are taken over; the rest is said again.
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default.WithAddedModifier(RequestCheck.WriteWhatIsThere));
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            RequestCheck.ReadStrictly(json.SerializerOptions);
        });
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddOpenApi("v1", ApiDocument.Describe);
        builder.Services.AddSingleton(paths);
        builder.Services.AddSingleton(parts);
        builder.Services.AddSingleton(labs);
        builder.Services.AddSingleton<Launches>();
        builder.Services.AddSingleton<ListBodies>();
        builder.Services.AddSingleton(new VersionView(BuildId.Version, BuildId.Build, Environment.ProcessId, paths.Home, parts.Clock.GetUtcNow())
        {
            ServiceProgram = supervision.Socket is null ? null : OwnProgram.Find().ToString(),
        });
        builder.Services.AddSingleton(supervision.Notify);
        builder.Services.AddHostedService<Lifetime>();
        builder.Services.AddHostedService<Watchdog>();
        builder.Services.AddHostedService<BootStarts>();
        DaemonSocket.Listen(builder, paths, ConnectionLimit.For(labs.Host.Limits), supervision.Socket);

        WebApplication app = builder.Build();
        ApiSchema.Announce(app);
        app.UseProblems();
        ConnectionLimit.Guard(app);
        MapRoutes(app);
        return app;
    }

    private static void MapRoutes(WebApplication app)
    {
        RouteGroupBuilder api = app.MapGroup("/v1");
        api.DescribeAnswers();
        api.CheckRequests();
        api.CheckPreconditions();
        HostRoutes.Map(api);
        NameRoutes.Map(api);
        LabRoutes.Map(api);
        LabFileRoutes.Map(api);
        MachineRoutes.Map(api);
        BootRoutes.Map(api);
        BatchRoutes.Map(api);
        VirtualIpRoutes.Map(api);
        SnapshotRoutes.Map(api);
        TrashRoutes.Map(api);
        UsageRoutes.Map(api);
        EventRoutes.Map(api);
        HookRoutes.Map(api);
        NetworkRoutes.Map(api);
        NetworkStatusRoutes.Map(api);
        ImageRoutes.Map(api);
        app.MapOpenApi("/openapi/{documentName}.json");
    }
}
