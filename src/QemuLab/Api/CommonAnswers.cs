using Microsoft.AspNetCore.Http.Metadata;

namespace QemuLab.Api;

/// <summary>What routes answer beside what each says itself: how they refuse, by the kind of route. For the OpenAPI document.</summary>
internal static class CommonAnswers
{
    private static readonly int[] Always = [StatusCodes.Status400BadRequest, StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable];

    private static readonly int[] OfChanges = [StatusCodes.Status409Conflict, StatusCodes.Status504GatewayTimeout];

    private static readonly int[] OfBodies = [StatusCodes.Status408RequestTimeout, StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType];

    public static void DescribeAnswers(this RouteGroupBuilder api) => ((IEndpointConventionBuilder)api).Finally(endpoint =>
    {
        bool isChange = endpoint.Metadata.OfType<IHttpMethodMetadata>().Any(method => !method.HttpMethods.Contains(HttpMethods.Get));
        bool hasBody = endpoint.Metadata.OfType<IAcceptsMetadata>().Any();
        bool hasPlace = endpoint is RouteEndpointBuilder { RoutePattern.Parameters.Count: > 0 };
        bool isConditional = isChange && Preconditions.IsFor((endpoint as RouteEndpointBuilder)?.RoutePattern.RawText);
        int[] statuses = [.. Always, .. isConditional ? [StatusCodes.Status412PreconditionFailed] : Array.Empty<int>(), .. hasPlace ? [StatusCodes.Status404NotFound] : Array.Empty<int>(), .. isChange ? OfChanges : [], .. hasBody ? OfBodies : []];
        foreach (int status in statuses.Except(endpoint.Metadata.OfType<IProducesResponseTypeMetadata>().Select(known => known.StatusCode)))
        {
            endpoint.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(ProblemView), [ProblemView.MediaType]));
        }
    });

    /// <summary>A GET whose answer has an ETag.</summary>
    public static RouteHandlerBuilder IsTagged(this RouteHandlerBuilder route) => route.Produces(StatusCodes.Status304NotModified);
}
