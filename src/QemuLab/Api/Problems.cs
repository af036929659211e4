using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using QemuLab.Engine;
using Serilog;

namespace QemuLab.Api;

/// <summary>Turns whatever a route throws, and every status without a body, into a problem.</summary>
internal static class Problems
{
    public static void UseProblems(this WebApplication app)
    {
        app.UseStatusCodePages(Describe);
        app.Use(async (http, next) =>
        {
            try
            {
                await next(http);
            }
            catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
            {
                Log.Debug("{Method} {Path}: the client left", http.Request.Method, http.Request.Path);
            }
            catch (BadHttpRequestException error) when (!http.Response.HasStarted)
            {
                await WriteAsync(http, OfServer(http, error.StatusCode) ?? ProblemView.From(RequestCheck.Invalid(RequestCheck.Reason(error))));
            }
            catch (Exception error) when (!http.Response.HasStarted)
            {
                if (error is not QemuLabException and not OperationCanceledException)
                {
                    Log.Error(error, "{Method} {Path} met a bug", http.Request.Method, http.Request.Path);
                }

                await WriteAsync(http, ProblemView.From(error));
            }
        });
    }

    private static Task Describe(StatusCodeContext context)
    {
        HttpContext http = context.HttpContext;
        string what = $"{http.Request.Method} {http.Request.Path}";
        ProblemView problem = OfServer(http, http.Response.StatusCode) ?? (http.Response.StatusCode == StatusCodes.Status404NotFound
            ? ProblemView.From(new QemuLabException(ErrorKind.NotFound, "route-not-found", $"there is no {what}", "the routes are in GET /openapi/v1.json"))
            : ProblemView.From(new QemuLabException(ErrorKind.Usage, "request-invalid", $"{what} is not a request that this API takes", "the routes are in GET /openapi/v1.json")) with { Status = http.Response.StatusCode });
        return WriteAsync(http, problem);
    }

    /// <summary>What the server itself refuses, in our words; null: it is not that.</summary>
    private static ProblemView? OfServer(HttpContext http, int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => Refused(status, ErrorKind.Usage, "request-too-large", "the request's body is larger than the 16 MiB that it may be", "leave out what no lab needs"),
        StatusCodes.Status408RequestTimeout => Refused(status, ErrorKind.Usage, "request-too-slow", "the request's body came too slowly, and was not waited for", "send it whole"),
        StatusCodes.Status412PreconditionFailed => Refused(status, ErrorKind.Conflict, Preconditions.Code, $"{http.Request.Path} is no longer as If-Match says", "get it again without If-Match"),
        StatusCodes.Status415UnsupportedMediaType => Refused(status, ErrorKind.Usage, "content-type-unknown", $"{http.Request.Method} {http.Request.Path} takes no body of type {http.Request.ContentType ?? "none"}", "the routes and what they take are in GET /openapi/v1.json"),
        _ => null,
    };

    private static ProblemView Refused(int status, ErrorKind kind, string code, string message, string hint) => ProblemView.From(new QemuLabException(kind, code, message, hint)) with { Status = status };

    private static Task WriteAsync(HttpContext http, ProblemView problem)
    {
        http.Response.StatusCode = problem.Status;
        http.Response.ContentType = ProblemView.MediaType;
        return JsonSerializer.SerializeAsync(http.Response.Body, problem, ApiJson.Default.ProblemView, http.RequestAborted);
    }
}
