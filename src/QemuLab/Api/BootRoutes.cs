using QemuLab.Engine;
using QemuLab.Engine.Boots;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Api;

/// <summary>Boots: why a machine is not up, how far it came in its stages, and how long its last boots took.</summary>
internal static class BootRoutes
{
    private const string One = "/machines/{lab}/{name}";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet(One + "/why", Why)
            .WithSummary("Why a machine is up or not: the stages of its boot with their seconds, what its console tells of causes, what to do next")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapGet(One + "/history", History)
            .WithSummary("A machine's last boots with their stages, the oldest first, tail of them at most; and what has become slower")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapGet(One + "/stages", Stages)
            .WithSummary("How far a machine has come in the stages of its lab file, since the last start of QEMU: what each was told by, after how many seconds; and how they ended")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType)
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
    }

    private static StagesView Stages(string lab, string name, LabSupervisor labs, EngineParts parts)
    {
        (MachineStatus status, MachinePlan plan) = Find(labs, lab, name);
        return status.Stages(plan, parts.Clock.GetUtcNow())
            ?? throw new QemuLabException(ErrorKind.Conflict, "no-stages", $"{name} has no stages", "give it some: stages, in the lab file");
    }

    private static WhyView Why(string lab, string name, LabSupervisor labs, EngineParts parts)
    {
        (MachineStatus status, MachinePlan plan) = Find(labs, lab, name);
        return status.Why(plan, parts.Clock.GetUtcNow());
    }

    private static HistoryView History(string lab, string name, int? tail, LabSupervisor labs, EngineParts parts)
    {
        RequestCheck.NotNegative("tail", tail);
        (MachineStatus status, MachinePlan plan) = Find(labs, lab, name);
        IReadOnlyList<Boot> boots = BootInquiry.History(plan);
        DateTimeOffset now = parts.Clock.GetUtcNow();
        IEnumerable<BootView> views = boots.Select((boot, i) => boot.View(i == boots.Count - 1 ? status : null, now));
        return new HistoryView(status.Lab, name, [.. tail is { } count ? views.TakeLast(count) : views], BootComparison.Slower(boots));
    }

    private static (MachineStatus Status, MachinePlan Plan) Find(LabSupervisor labs, string lab, string name)
    {
        LabStatus known = LabLookup.Lab(labs.Labs, lab);
        return (known.Machines.FirstOrDefault(machine => machine.Name == name), known.Plan.Machines.FirstOrDefault(machine => machine.Name == name)) is ({ } status, { } plan)
            ? (status, plan)
            : throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"lab '{lab}' has no machine '{name}'", "run: qemulab list");
    }
}
