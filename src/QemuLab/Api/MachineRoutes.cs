using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Api;

/// <summary>Machines: seen, started, stopped, and what they wrote.</summary>
internal static class MachineRoutes
{
    private const string One = "/machines/{lab}/{name}";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/machines", List)
            .WithSummary("Machines of all labs; name means a machine, LAB/MACHINE or a group, and may be repeated; label is key=value")
            .Produces<IReadOnlyList<MachineView>>()
            .IsTagged()
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapGet(One, (string lab, string name, LabSupervisor labs, ListBodies bodies) => bodies.Machine(LabLookup.Lab(labs.Labs, lab), name).Answer())
            .WithSummary("One machine")
            .Produces<MachineView>()
            .IsTagged()
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapGet(One + "/guest", async (string lab, string name, LabSupervisor labs, StatePaths paths, CancellationToken cancellation) =>
            new GuestView(await labs.Power.InterfacesAsync(lab, Find(labs, lab, name, paths).Name, cancellation)))
            .WithSummary("What a machine's guest agent says of its network interfaces, against what was planned; the guest is asked at that moment")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType)
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
        api.MapPut(One + "/state", (string lab, string name, StateRequest request, LabSupervisor labs, StatePaths paths, CancellationToken cancellation) =>
            ChangeAsync(lab, name, labs, paths, async () => await labs.Goals.ReachAsync(lab, name, request.Goal(), cancellation) ? request.State.ToString() : "Unchanged"))
            .WithSummary("Bring a machine to Running, Paused, Stopped or Suspended, from whichever state it is in; the outcome is Unchanged where it was there");
        api.MapPost(One + "/start", Start).WithSummary("Start a stopped machine and, unless told otherwise, wait until it is ready");
        api.MapPost(One + "/stop", Stop).WithSummary("Stop a machine; its disks stay");
        api.MapPost(One + "/restart", Restart).WithSummary("Stop a machine and start it as the lab file now asks for it");
        api.MapPost(One + "/resume", Resume).WithSummary("Let a suspended machine go on where it was and, unless told otherwise, wait until it is ready");
        api.MapPost(One + "/pause", (string lab, string name, LabSupervisor labs, StatePaths paths, CancellationToken cancellation) =>
            ChangeAsync(lab, name, labs, paths, async () => await labs.Power.PauseAsync(lab, name, cancellation) ? "Paused" : "Unchanged")).WithSummary("Stand a machine's CPUs still");
        api.MapPost(One + "/unpause", (string lab, string name, LabSupervisor labs, StatePaths paths, CancellationToken cancellation) =>
            ChangeAsync(lab, name, labs, paths, async () => await labs.Power.UnpauseAsync(lab, name, cancellation) ? "Running" : "Unchanged")).WithSummary("Let a paused machine go on");
        api.MapPost(One + "/reset", (string lab, string name, LabSupervisor labs, StatePaths paths, CancellationToken cancellation) => ChangeAsync(lab, name, labs, paths, async () =>
        {
            await labs.Power.ResetAsync(lab, name, cancellation);
            return "Reset";
        })).WithSummary("Press a machine's reset button; the guest is not asked");
        api.MapPost(One + "/soft-reboot", (string lab, string name, LabSupervisor labs, StatePaths paths, CancellationToken cancellation) => ChangeAsync(lab, name, labs, paths, async () =>
        {
            await labs.Power.SoftRebootAsync(lab, name, cancellation);
            return "Rebooted";
        })).WithSummary("Ask a machine's guest to boot anew; answers when it does");
        api.MapPost(One + "/kill", (string lab, string name, LabSupervisor labs, StatePaths paths, CancellationToken cancellation) => ChangeAsync(lab, name, labs, paths, async () =>
        {
            await labs.Power.KillAsync(lab, name, cancellation);
            return "Killed";
        })).WithSummary("Kill a machine's QEMU, as a power failure would; its run strategy says what follows");
        api.MapPost(One + "/wait", (string lab, string name, WaitRequest request, LabSupervisor labs, StatePaths paths, CancellationToken cancellation) => ChangeAsync(lab, name, labs, paths, async () =>
        {
            await labs.Power.WaitAsync(lab, name, request.Condition, request.Limit, cancellation);
            return request.Condition.Word;
        })).WithSummary("Wait until a machine is ready, running, ssh, past its stages (stages), stopped or state=NAME; a problem where it does not come to that by itself");
        api.MapPost("/labs/{lab}/suspend", (string lab, SuspendRequest request, LabSupervisor labs, CancellationToken cancellation) => labs.Power.SuspendAsync(LabLookup.Lab(labs.Labs, lab).Name, request.Machines, cancellation))
            .WithSummary("Put machines of a lab to sleep on disk, at one instant; answers with those that were")
            .Produces<ProblemView>(StatusCodes.Status409Conflict, ProblemView.MediaType);
        api.MapGet(One + "/log", Log)
            .WithSummary("The last lines of the serial console, or of QEMU's own messages with source=qemu; escape sequences are taken out unless raw=true")
            .Produces<string>(StatusCodes.Status200OK, "text/plain");
    }

    private static FileContentHttpResult List(string? lab, string[] name, string? label, LabSupervisor labs, StatePaths paths, ListBodies bodies) => (lab, name, label) is (null, [], null)
        ? bodies.Machines(labs.Labs).Answer()
        : TaggedBody.Of(JsonSerializer.SerializeToUtf8Bytes(Chosen(lab, name, label, labs, paths), ApiJson.Info<IReadOnlyList<MachineView>>())).Answer();

    /// <summary>In the order of the names, where there are some.</summary>
    private static IReadOnlyList<MachineView> Chosen(string? lab, string[] names, string? label, LabSupervisor labs, StatePaths paths)
    {
        IReadOnlyList<LabStatus> all = labs.Labs;
        IEnumerable<MachineStatus> machines = names is []
            ? (lab is null ? all : [LabLookup.Lab(all, lab)]).SelectMany(status => status.Machines)
            : names.SelectMany(name => LabLookup.Machines(all, name, lab)).DistinctBy(machine => (machine.Lab, machine.Name));
        return [.. from machine in machines
                   let view = machine.View(LabLookup.Lab(all, machine.Lab), paths)
                   where label is null || HasLabel(view, label)
                   select view];
    }

    /// <summary><c>key=value</c>, or <c>key</c> with any value.</summary>
    private static bool HasLabel(MachineView machine, string label)
    {
        string[] parts = label.Split('=', 2);
        return machine.Plan?.Labels.TryGetValue(parts[0], out string? value) == true && (parts.Length == 1 || value == parts[1]);
    }

    private static MachineView Find(LabSupervisor labs, string lab, string name, StatePaths paths)
    {
        LabStatus status = LabLookup.Lab(labs.Labs, lab);
        return status.Machines.FirstOrDefault(machine => machine.Name == name)?.View(status, paths)
            ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"lab '{lab}' has no machine '{name}'", "run: qemulab list");
    }

    private static async Task<MachineChangeView> Start(string lab, string name, StartRequest request, LabSupervisor labs, StatePaths paths, CancellationToken cancellation)
    {
        Find(labs, lab, name, paths);
        return ChangeOf(lab, name, await labs.StartMachineAsync(lab, name, request.Options(), cancellation), labs, paths);
    }

    private static MachineChangeView ChangeOf(string lab, string name, MachineLaunch launch, LabSupervisor labs, StatePaths paths) => launch.Error is { } error
        ? throw new QemuLabException(launch.Kind ?? ErrorKind.Failed, "start-failed", $"{name}: {error}", launch.Hint) { ExitCode = launch.ExitCode }
        : new MachineChangeView(lab, name, launch.Outcome.ToString(), launch.Seconds, Find(labs, lab, name, paths));

    private static async Task<MachineChangeView> Stop(string lab, string name, StopRequest request, LabSupervisor labs, StatePaths paths, CancellationToken cancellation)
    {
        Find(labs, lab, name, paths);
        long began = Stopwatch.GetTimestamp();
        await labs.StopMachineAsync(lab, name, request.Options(), cancellation);
        return new MachineChangeView(lab, name, "Stopped", Stopwatch.GetElapsedTime(began).TotalSeconds, Find(labs, lab, name, paths));
    }

    private static Task<MachineChangeView> Resume(string lab, string name, StartRequest request, LabSupervisor labs, StatePaths paths, CancellationToken cancellation) =>
        Find(labs, lab, name, paths).State == MachineState.Suspended
            ? Start(lab, name, request, labs, paths, cancellation)
            : throw new QemuLabException(ErrorKind.Conflict, "not-suspended", $"{name} is {Find(labs, lab, name, paths).State}, and not suspended", $"start it: qemulab start {name}");

    private static async Task<MachineChangeView> ChangeAsync(string lab, string name, LabSupervisor labs, StatePaths paths, Func<Task<string>> change)
    {
        Find(labs, lab, name, paths);
        long began = Stopwatch.GetTimestamp();
        string outcome = await change();
        return new MachineChangeView(lab, name, outcome, Stopwatch.GetElapsedTime(began).TotalSeconds, Find(labs, lab, name, paths));
    }

    private static async Task<MachineChangeView> Restart(string lab, string name, RestartRequest request, LabSupervisor labs, StatePaths paths, CancellationToken cancellation)
    {
        Find(labs, lab, name, paths);
        long began = Stopwatch.GetTimestamp();
        MachineLaunch launch = await labs.RestartMachineAsync(lab, name, request.StopOptions(), request.StartOptions(), cancellation);
        return ChangeOf(lab, name, launch with { Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds }, labs, paths);
    }

    private static ContentHttpResult Log(string lab, string name, int? tail, string? source, bool? raw, LabSupervisor labs, StatePaths paths)
    {
        MachineFilesView files = Find(labs, lab, name, paths).Files!;
        string file = source switch
        {
            null or "serial" => files.SerialLog,
            "qemu" => files.QemuLog,
            _ => throw RequestCheck.Invalid($"there is no log '{source}': source is serial or qemu"),
        };
        string text = LogFile.Tail(file, RequestCheck.NotNegative("tail", tail), isSerial: source != "qemu");
        return TypedResults.Text(raw == true ? text : TerminalText.Plain(text));
    }
}
