using System.Text.Json;
using System.Text.RegularExpressions;
using QemuLab.Api;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>The OpenAPI document, operation by operation: a client can be written from it alone.</summary>
public sealed partial class ApiDocumentTests(SharedDaemon shared) : IClassFixture<SharedDaemon>
{
    /// <summary>POST and PUT that take nothing beside their route.</summary>
    private static readonly string[] Bodyless = ["pause", "unpause", "reset", "soft-reboot", "kill", "drain", "undrain", "cancel", "recover", "fetch", "shutdown"];

    [Fact]
    public async Task Each_operation_has_its_summary_its_parameters_its_body_its_answer_and_its_refusals()
    {
        using HttpClient client = SocketClient.Of(shared.Daemon.Lab.Paths);
        using JsonDocument document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json"));
        var faults = new List<string>();
        int count = 0;
        foreach (JsonProperty path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                count++;
                faults.AddRange(Faults(path.Name, operation.Name, operation.Value).Select(fault => $"{operation.Name.ToUpperInvariant()} {path.Name}: {fault}"));
            }
        }

        Assert.Empty(faults);
        Assert.True(count > 50, $"only {count} operations");
        Assert.Empty(Unresolved(document.RootElement));
    }

    [Fact]
    public async Task Each_route_that_is_mapped_is_in_the_document()
    {
        using HttpClient client = SocketClient.Of(shared.Daemon.Lab.Paths);
        using JsonDocument document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json"));
        HashSet<string> documented = [.. document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"))];
        Assert.Equal(shared.Daemon.Routes.Where(route => !route.Contains("/openapi/", StringComparison.Ordinal)).Order(), documented.Order());
    }

    [Fact]
    public async Task What_has_an_ETag_says_so_and_what_can_have_a_condition_takes_it()
    {
        using HttpClient client = SocketClient.Of(shared.Daemon.Lab.Paths);
        using JsonDocument document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json"));
        JsonElement Operation(string path, string method) => document.RootElement.GetProperty("paths").GetProperty(path).GetProperty(method);
        foreach (string path in (string[])["/v1/labs", "/v1/labs/{lab}", "/v1/labs/{lab}/file", "/v1/machines", "/v1/machines/{lab}/{name}"])
        {
            JsonElement get = Operation(path, "get");
            Assert.True(get.GetProperty("responses").GetProperty("200").GetProperty("headers").TryGetProperty("ETag", out _), path);
            Assert.True(get.GetProperty("responses").TryGetProperty("304", out _), path);
            Assert.Contains("If-None-Match", Names(get));
        }

        foreach ((string path, string method) in ((string, string)[])[("/v1/labs/{lab}", "put"), ("/v1/labs/{lab}", "delete"), ("/v1/labs/{lab}/file", "put"), ("/v1/machines/{lab}/{name}/state", "put"), ("/v1/machines/{lab}/{name}/stop", "post"), ("/v1/machines/{lab}/{name}", "delete")])
        {
            Assert.True(Operation(path, method).GetProperty("responses").TryGetProperty("412", out _), path);
            Assert.Contains("If-Match", Names(Operation(path, method)));
        }

        Assert.DoesNotContain("If-Match", Names(Operation("/v1/plans", "post")));
    }

    private static IEnumerable<string> Faults(string path, string method, JsonElement operation)
    {
        if (!operation.TryGetProperty("summary", out JsonElement summary) || summary.GetString() is not { Length: > 5 })
        {
            yield return "no summary";
        }

        JsonElement[] parameters = operation.TryGetProperty("parameters", out JsonElement all) ? [.. all.EnumerateArray()] : [];
        foreach (Match place in Place().Matches(path))
        {
            if (!parameters.Any(parameter => parameter.GetProperty("name").GetString() == place.Groups[1].Value && parameter.GetProperty("in").GetString() == "path"))
            {
                yield return $"no parameter {place.Value}";
            }
        }

        foreach (JsonElement parameter in parameters)
        {
            if (!parameter.TryGetProperty("schema", out _) || !parameter.TryGetProperty("description", out JsonElement description) || description.GetString() is not { Length: > 0 })
            {
                yield return $"parameter {parameter.GetProperty("name")} has no type or no description";
            }
        }

        if (method is "put" or "post" && !Bodyless.Contains(path.Split('/')[^1]) && !(operation.TryGetProperty("requestBody", out JsonElement body) && HasSchema(body)))
        {
            yield return "no request body";
        }

        JsonElement responses = operation.GetProperty("responses");
        string[] statuses = [.. responses.EnumerateObject().Select(response => response.Name)];
        if (statuses.Where(status => status[0] == '2').ToArray() is not [var good])
        {
            yield return "no answer for when it goes well";
            yield break;
        }

        if (good == "200" && !HasSchema(responses.GetProperty(good)) && (method, path) is not (("delete", "/v1/labs/{lab}/snapshots/{name}") or ("delete", "/v1/trash/{name}")))
        {
            yield return "an answer of no type";
        }

        string[] wanted = ["400", "500", "503", .. path.Contains('{', StringComparison.Ordinal) ? ["404"] : Array.Empty<string>(), .. method == "get" ? [] : (string[])["409", "504"]];
        foreach (string status in wanted.Except(statuses))
        {
            yield return $"no answer {status}";
        }

        foreach (string status in statuses.Where(status => status[0] is '4' or '5'))
        {
            if (!responses.GetProperty(status).GetProperty("content").TryGetProperty(ProblemView.MediaType, out JsonElement problem) || !problem.GetProperty("schema").GetProperty("$ref").GetString()!.EndsWith("/ProblemView", StringComparison.Ordinal))
            {
                yield return $"{status} is no problem";
            }
        }
    }

    private static bool HasSchema(JsonElement part) => part.TryGetProperty("content", out JsonElement content) && content.EnumerateObject().All(type => type.Value.TryGetProperty("schema", out _));

    private static string[] Names(JsonElement operation) => operation.TryGetProperty("parameters", out JsonElement all) ? [.. all.EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()!)] : [];

    /// <summary>References to schemas that are not there.</summary>
    private static IEnumerable<string> Unresolved(JsonElement document)
    {
        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");
        return Reference().Matches(document.GetRawText()).Select(match => match.Groups[1].Value).Distinct().Where(name => !schemas.TryGetProperty(name, out _));
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Place();

    [GeneratedRegex("#/components/schemas/([^\"]+)")]
    private static partial Regex Reference();
}
