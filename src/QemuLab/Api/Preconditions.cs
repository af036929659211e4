using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>
/// <c>If-Match</c> and <c>If-None-Match</c> of what changes something: it is done to the state that the client has seen, or
/// not at all. What they speak of is what GET has at the lab, its file or the machine of the route.
/// </summary>
internal static class Preconditions
{
    public const string Code = "etag-differs";

    private const string LabRoute = "/labs/{lab}", MachineRoute = "/machines/{lab}/{name}";

    /// <summary>Asks before each change.</summary>
    public static void CheckPreconditions(this RouteGroupBuilder api) => api.AddEndpointFilter((context, next) =>
    {
        if (Of(context.HttpContext) is { } ensure)
        {
            ensure();
        }

        return next(context);
    });

    /// <summary>Whether changes by this route can have a condition.</summary>
    public static bool IsFor(string? route) => route is not null && (route.Contains(LabRoute, StringComparison.Ordinal) || route.Contains(MachineRoute, StringComparison.Ordinal));

    /// <summary>What the request makes its condition; throws where it does not hold. Null: it has none.</summary>
    public static Action? Of(HttpContext http)
    {
        IHeaderDictionary raw = http.Request.Headers;
        if (HttpMethods.IsGet(http.Request.Method) || (raw.IfMatch.Count == 0 && raw.IfNoneMatch.Count == 0))
        {
            return null;
        }

        RequestHeaders headers = http.Request.GetTypedHeaders();
        (LabSupervisor labs, ListBodies bodies) = (http.RequestServices.GetRequiredService<LabSupervisor>(), http.RequestServices.GetRequiredService<ListBodies>());
        (string what, Func<EntityTagHeaderValue?> tag) = Resource(http, labs, bodies);
        bool mayBeMissing = HttpMethods.IsPut(http.Request.Method);
        return () =>
        {
            EntityTagHeaderValue? now = tag();
            if (raw.IfNoneMatch.Count > 0 && now is not null && headers.IfNoneMatch.Any(one => one == EntityTagHeaderValue.Any || one.Compare(now, useStrongComparison: false)))
            {
                throw Differs($"{what} is there, as If-None-Match says that it must not be");
            }

            // What is not there and cannot be made by the request is for the route to tell.
            if (raw.IfMatch.Count > 0 && (now is not null || mayBeMissing) && !(now is not null && headers.IfMatch.Any(one => one == EntityTagHeaderValue.Any || one.Compare(now, useStrongComparison: true))))
            {
                throw Differs(now is null ? $"there is no {what} that If-Match could mean" : $"{what} is no longer as If-Match says: its ETag is {now.Tag}");
            }
        };
    }

    private static QemuLabException Differs(string message) => new(ErrorKind.Conflict, Code, message, "get it again, with its ETag, and decide anew");

    /// <summary>What a route is about, and its ETag at any moment; null where it is not there.</summary>
    private static (string What, Func<EntityTagHeaderValue?> Tag) Resource(HttpContext http, LabSupervisor labs, ListBodies bodies)
    {
        string route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "";
        string lab = http.GetRouteValue("lab") as string ?? "", name = http.GetRouteValue("name") as string ?? "";
        LabStatus? Lab() => labs.Labs.FirstOrDefault(status => status.Name == lab);
        return route switch
        {
            _ when route.EndsWith("/labs/{lab}/file", StringComparison.Ordinal) => ($"lab file of {lab}", () => Lab() is null ? null : LabFileRoutes.BodyOf(labs, lab).Tag),
            _ when route.Contains(LabRoute, StringComparison.Ordinal) => ($"lab {lab}", () => Lab() is { } status ? bodies.Lab(status).Tag : null),
            _ when route.Contains(MachineRoute, StringComparison.Ordinal) => ($"machine {lab}/{name}", () =>
                Lab() is { } status && status.Machines.Any(machine => machine.Name == name) ? bodies.Machine(status, name).Tag : null),
            _ => throw RequestCheck.Invalid("labs, their files and machines have ETags; this is none of them"),
        };
    }
}
