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
                await WriteAsync(http, ProblemView.From(RequestCheck.Invalid(RequestCheck.Reason(error))));
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
        ProblemView problem = http.Response.StatusCode == StatusCodes.Status404NotFound
            ? ProblemView.From(new QemuLabException(ErrorKind.NotFound, "route-not-found", $"there is no {what}", "the routes are in GET /openapi/v1.json"))
            : ProblemView.From(new QemuLabException(ErrorKind.Usage, "request-invalid", $"{what} is not a request that this API takes", "the routes are in GET /openapi/v1.json")) with { Status = http.Response.StatusCode };
        return WriteAsync(http, problem);
    }

    private static Task WriteAsync(HttpContext http, ProblemView problem)
    {
        http.Response.StatusCode = problem.Status;
        http.Response.ContentType = ProblemView.MediaType;
        return JsonSerializer.SerializeAsync(http.Response.Body, problem, ApiJson.Default.ProblemView, http.RequestAborted);
    }
}
