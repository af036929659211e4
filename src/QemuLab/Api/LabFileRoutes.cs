using System.Text;
using Microsoft.AspNetCore.Mvc;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>A lab's file as it is: YAML out; YAML in, and the lab is brought to it.</summary>
internal static class LabFileRoutes
{
    public const string MediaType = "application/yaml";

    private const string Route = "/labs/{lab}/file";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet(Route, (string lab, LabSupervisor labs) => BodyOf(labs, LabLookup.Lab(labs.Labs, lab).Name).Answer(MediaType + "; charset=utf-8"))
            .WithSummary("The lab file that a lab was last brought to")
            .Produces<string>(StatusCodes.Status200OK, MediaType)
            .IsTagged();
        api.MapPut(Route, Put)
            .WithSummary("Bring a lab to this lab file, also one that is not there yet; answers when it is, and changed is false where it was so already. path is the file's place on this host; set is key=value and may be repeated")
            .Accepts<string>(MediaType)
            .Produces<ProblemView>(StatusCodes.Status422UnprocessableEntity, ProblemView.MediaType);
    }

    public static TaggedBody BodyOf(LabSupervisor labs, string lab) => TaggedBody.Of(Encoding.UTF8.GetBytes(labs.SourceOf(lab).Text));

    /// <summary>No stream of events, so that its status tells how it ended. Leaving takes back what was begun.</summary>
    private static async Task<LaunchOutcome> Put(string lab, [AsParameters] LabFileQuery query, HttpContext http, EngineParts parts, LabSupervisor labs, Launches launches, IHostApplicationLifetime lifetime)
    {
        LaunchOptions options = query.Options() with { Ensure = Preconditions.Of(http) };
        LabSource source = LabSourceLoader.Load(await TextAsync(http.Request), query.Place(labs.Labs.FirstOrDefault(known => known.Name == lab)?.File ?? System.IO.Path.Combine(parts.Paths.Home, "lab.yaml")), query.Set);
        LabRoutes.EnsureName(lab, source, parts.Catalog);
        using Launches.Launch launch = launches.Begin(lab, http.RequestAborted, lifetime.ApplicationStopping);
        LaunchOutcome outcome = await labs.LaunchAsync(source, options, null, launch.Cancellation);
        LaunchFailure.ThrowIfAny(outcome);
        return outcome;
    }

    private static async Task<string> TextAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        try
        {
            return await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        }
        catch (DecoderFallbackException)
        {
            throw RequestCheck.Invalid("the lab file is not UTF-8 text");
        }
    }
}

/// <summary>What the query of <c>PUT /v1/labs/{lab}/file</c> says.</summary>
internal sealed record LabFileQuery
{
    /// <summary>The file's absolute place, from which files that it names are looked for; null: where the lab's file was, or QemuLab's home.</summary>
    [FromQuery(Name = "path")]
    public string? Path { get; init; }

    /// <summary>Parameters, each <c>key=value</c>.</summary>
    [FromQuery(Name = "set")]
    public string[] Set { get; init; } = [];

    /// <summary>Answer when every machine is ready (the default), or as soon as they run.</summary>
    [FromQuery(Name = "wait")]
    public bool? Wait { get; init; }

    /// <summary>The hard cap for the whole launch; null: none.</summary>
    [FromQuery(Name = "timeoutSeconds")]
    public double? TimeoutSeconds { get; init; }

    /// <summary>Delete machines that the file no longer has; the trash keeps them.</summary>
    [FromQuery(Name = "prune")]
    public bool? Prune { get; init; }

    public LaunchOptions Options() => new(Wait ?? true, RequestCheck.Seconds("timeoutSeconds", TimeoutSeconds), Prune: Prune ?? false);

    /// <exception cref="QemuLab.Engine.QemuLabException">It is no place.</exception>
    public string Place(string otherwise) => Path is null ? otherwise
        : System.IO.Path.IsPathFullyQualified(Path) && !Path.EndsWith('/') && !Path.Contains('\0', StringComparison.Ordinal) ? Path
        : throw RequestCheck.Invalid("path is no absolute path of a file");
}
