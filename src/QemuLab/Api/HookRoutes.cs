using System.Globalization;
using QemuLab.Engine;
using QemuLab.Engine.Hooks;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>Hooks: listed, looked at, tried.</summary>
internal static class HookRoutes
{
    private const string All = "/labs/{lab}/hooks";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/hooks", (LabSupervisor labs) => (IReadOnlyList<HookView>)[.. labs.Labs.SelectMany(lab => labs.Hooks.Of(lab.Name)).Select(View)])
            .WithSummary("The hooks of all labs, each with its last run");
        api.MapGet(All, (string lab, LabSupervisor labs) => (IReadOnlyList<HookView>)[.. labs.Hooks.Of(LabLookup.Lab(labs.Labs, lab).Name).Select(View)])
            .WithSummary("A lab's hooks, each with its last run")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapGet(All + "/runs", Runs)
            .WithSummary("The runs of a lab's hooks that are kept, the oldest first, tail of them at most")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapPost(All + "/try", (string lab, HookTrialRequest request, LabSupervisor labs, CancellationToken cancellation) => labs.Hooks.TryAsync(LabLookup.Lab(labs.Labs, lab).Name, request.Happened, request.Machine, cancellation))
            .WithSummary("Run a lab's hooks for an event that has not happened, and answer when they have ended")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
    }

    private static IReadOnlyList<HookRun> Runs(string lab, int? tail, LabSupervisor labs)
    {
        RequestCheck.NotNegative("tail", tail);
        IReadOnlyList<HookRun> runs = labs.Hooks.Runs(LabLookup.Lab(labs.Labs, lab).Name);
        return tail is { } count ? [.. runs.TakeLast(count)] : runs;
    }

    private static HookView View(HookStatus hook) => new(
        hook.Lab, hook.Number, [.. hook.Hook.On.Select(happened => happened.Word())], hook.Hook.Action.ToString()!, hook.Hook.Machines, hook.Hook.Timeout.TotalSeconds, (hook.Hook.Action as HookAction.Post)?.Retries, hook.Last);
}

/// <summary>A hook.</summary>
/// <param name="Number">Its place in the lab file, from 1.</param>
/// <param name="On">The events that it is for.</param>
/// <param name="Action">The command line, or where its note is posted to: without the URL's path, which may hold a secret.</param>
/// <param name="Machines">Only of these; empty: of all.</param>
/// <param name="Retries">How often it is posted again; absent for a command.</param>
/// <param name="Last">Its newest run that is kept.</param>
internal sealed record HookView(string Lab, int Number, IReadOnlyList<string> On, string Action, IReadOnlyList<string> Machines, double TimeoutSeconds, int? Retries, HookRun? Last);

/// <summary>The body of <c>POST /v1/labs/{lab}/hooks/try</c>.</summary>
/// <param name="Event">One of the events' words.</param>
/// <param name="Machine">Whose it would be; not for <c>lab-ready</c> and <c>lab-stopped</c>.</param>
internal sealed record HookTrialRequest(string Event, string? Machine = null) : ICheckedRequest
{
    internal HookEvent Happened => HookEvents.TryParse(Event, out HookEvent happened)
        ? happened
        : throw new QemuLabException(ErrorKind.Usage, "hook-event-unknown", $"there is no event '{Event}'", NearestName.Of(Event, HookEvents.Words) is { } nearest ? $"did you mean {nearest}?" : string.Join(", ", HookEvents.Words));

    public void Check()
    {
        if (Happened.IsOfLab() != Machine is null)
        {
            throw new QemuLabException(
                ErrorKind.Usage, "hook-event-subject", string.Create(CultureInfo.InvariantCulture, $"{Event} is {(Happened.IsOfLab() ? "of the lab, and of no single machine" : "of a machine: name one")}"));
        }
    }
}
