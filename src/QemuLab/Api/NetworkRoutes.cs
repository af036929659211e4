using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Api;

/// <summary>Networks: captured, and made worse on purpose.</summary>
internal static class NetworkRoutes
{
    public const string CaptureMediaType = "application/octet-stream";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/labs/{lab}/capture", Capture)
            .WithSummary("Every frame on a lab's network as pcapng, until the client leaves or for seconds; network names another than the first one")
            .Produces<byte[]>(StatusCodes.Status200OK, CaptureMediaType)
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapGet("/labs/{lab}/faults", (string lab, LabSupervisor labs) => LabLookup.Lab(labs.Labs, lab).Faults)
            .WithSummary("What is made worse on purpose")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapPost("/labs/{lab}/faults", Add)
            .WithSummary("Cut, delay, lose or slow down the frames of machines, or part two groups of them; heals by itself after forSeconds")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
        api.MapDelete("/labs/{lab}/faults", Heal)
            .WithSummary("Heal what concerns machines (names with commas), or all; answers with what is left")
            .Produces<ProblemView>(StatusCodes.Status404NotFound, ProblemView.MediaType);
    }

    private static async Task Capture(string lab, string? network, double? seconds, HttpContext http, EngineParts parts, LabSupervisor labs, IHostApplicationLifetime lifetime)
    {
        NetworkPlan plan = Network(LabLookup.Lab(labs.Labs, lab).Plan, network ?? NetworkPlan.MainName);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        if (RequestCheck.Seconds("seconds", seconds, RequestCheck.LongestCapture) is { } limit)
        {
            end.CancelAfter(limit);
        }

        http.Response.ContentType = CaptureMediaType;
        await parts.Network.CaptureAsync(plan, http.Response.Body, end.Token);
    }

    private static Task<IReadOnlyList<NetworkFault>> Add(string lab, FaultRequest request, EngineParts parts, LabSupervisor labs, CancellationToken cancellation)
    {
        LabStatus status = LabLookup.Lab(labs.Labs, lab);
        return labs.Faults.AddAsync(status.Name, [.. request.Faults(status.Plan, parts.Clock.GetUtcNow())], cancellation);
    }

    private static Task<IReadOnlyList<NetworkFault>> Heal(string lab, string? machines, LabSupervisor labs, CancellationToken cancellation) =>
        labs.Faults.HealAsync(LabLookup.Lab(labs.Labs, lab).Name, machines?.Split(','), cancellation);

    internal static NetworkPlan Network(LabPlan plan, string name) => plan.Networks.FirstOrDefault(network => network.Network == name)
        ?? throw new QemuLabException(ErrorKind.NotFound, "network-not-found", $"lab '{plan.Name}' has no network '{name}'", NearestName.Of(name, plan.Networks.Select(network => network.Network)) is { } nearest ? $"did you mean {nearest}?" : $"its networks: {string.Join(", ", plan.Networks.Select(network => network.Network))}");
}

/// <summary>The body of <c>POST /v1/labs/{lab}/faults</c>.</summary>
/// <param name="Kind">What is made worse.</param>
/// <param name="Machines">Whose links.</param>
/// <param name="Others">Of a partition: the machines on the other side.</param>
/// <param name="Value">Of a delay seconds, of a loss percent, of a rate bits in a second.</param>
/// <param name="Network">Null: every network that the machines are on.</param>
/// <param name="ForSeconds">After which it heals by itself; null: never.</param>
internal sealed record FaultRequest(NetworkFaultKind Kind, IReadOnlyList<string> Machines, IReadOnlyList<string>? Others = null, double Value = 0, string? Network = null, double? ForSeconds = null) : ICheckedRequest
{
    /// <exception cref="QemuLabException">There is no such machine or network.</exception>
    public IEnumerable<NetworkFault> Faults(LabPlan plan, DateTimeOffset now)
    {
        DateTimeOffset? until = ForSeconds is { } seconds ? now + TimeSpan.FromSeconds(seconds) : null;
        IEnumerable<NetworkPlan> networks = Network is null ? plan.Networks : [NetworkRoutes.Network(plan, Network)];
        string[] one = [.. Machines.Select(name => Machine(plan, name).Name)];
        string?[] other = Kind == NetworkFaultKind.Partition ? [.. (Others ?? []).Select(name => Machine(plan, name).Name)] : [null];
        return
        [
            .. from network in networks
               from machine in one
               from opposite in other
               where machine != opposite && IsOn(network, machine) && (opposite is null || IsOn(network, opposite))
               select new NetworkFault(network.Network, Kind, machine, opposite, Value, until),
        ];
    }

    private static bool IsOn(NetworkPlan network, string machine) => network.Hosts.Any(host => host.Name == machine);

    private static MachinePlan Machine(LabPlan plan, string name) => plan.Machines.FirstOrDefault(machine => machine.Name == name)
        ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"lab '{plan.Name}' has no machine '{name}'", "run: qemulab list");

    /// <exception cref="QemuLabException">A value is out of range.</exception>
    public void Check()
    {
        RequestCheck.NoNulls("machines", Machines);
        RequestCheck.NoNulls("others", Others);
        string? wrong = (Kind, Value) switch
        {
            _ when !Enum.IsDefined(Kind) => "there is no such kind of fault",
            (NetworkFaultKind.Delay, not (> 0 and <= 60)) => "a delay is more than nothing and at most 60s",
            (NetworkFaultKind.Loss, not (> 0 and <= 100)) => "a loss is more than 0% and at most 100%",
            (NetworkFaultKind.Rate, not (>= 1_000 and <= 100e9)) => "a rate is at least 1kbit and at most 100gbit",
            (NetworkFaultKind.Partition, _) when Others is not [_, ..] => "a partition has two sides",
            _ when Machines is not [_, ..] => "no machine is named",
            _ when ForSeconds is { } seconds && seconds is not (> 0 and <= 31_536_000) => "a fault lasts more than no time and at most a year",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new QemuLabException(ErrorKind.Usage, "fault-invalid", wrong);
        }
    }
}
