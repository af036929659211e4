using System.Text.Json;
using QemuLab.Api;
using QemuLab.Engine.Errors;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>The routes of the real daemon, asked with another client than ours.</summary>
public class RoutesTests(Qemulab qemulab) : IClassFixture<Qemulab>
{
    private async Task<HttpClient> ClientAsync()
    {
        await qemulab.RunAsync("list");
        return SocketClient.Of(qemulab.Paths);
    }

    [Fact]
    public async Task The_document_describes_every_route()
    {
        using HttpClient client = await ClientAsync();
        using JsonDocument document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken));
        string[] paths = [.. document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name)];
        foreach (string path in (string[])["/v1/version", "/v1/host", "/v1/names", "/v1/labs", "/v1/labs/{lab}", "/v1/labs/{lab}/plan", "/v1/labs/{lab}/start", "/v1/labs/{lab}/stop", "/v1/plans", "/v1/machines", "/v1/machines/{lab}/{name}", "/v1/machines/{lab}/{name}/start", "/v1/machines/{lab}/{name}/log", "/v1/events", "/v1/images", "/v1/images/{name}/fetch", "/v1/vips", "/v1/networks", "/v1/labs/{lab}/network-check", "/v1/machines/{lab}/{name}/drain", "/v1/machines/{lab}/{name}/undrain", "/v1/shutdown"])
        {
            Assert.Contains(path, paths);
        }

        JsonElement machine = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("MachineView").GetProperty("properties");
        Assert.True(machine.TryGetProperty("startedAt", out _));
    }

    [Theory]
    [InlineData("GET", "/v1/nosuch", null, 404, "route-not-found")]
    [InlineData("GET", "/v1/labs/nosuch", null, 404, "lab-not-found")]
    [InlineData("DELETE", "/v1/labs/nosuch", null, 404, "lab-not-found")]
    [InlineData("GET", "/v1/machines?name=nosuch", null, 404, "machine-not-found")]
    [InlineData("GET", "/v1/vips?lab=nosuch", null, 404, "lab-not-found")]
    [InlineData("GET", "/v1/networks?lab=nosuch", null, 404, "lab-not-found")]
    [InlineData("GET", "/v1/labs/nosuch/network-check", null, 404, "lab-not-found")]
    [InlineData("POST", "/v1/machines/nosuch/a/drain", null, 404, "lab-not-found")]
    [InlineData("POST", "/v1/labs/nosuch/start", """{"machines":["a"]}""", 404, "lab-not-found")]
    [InlineData("POST", "/v1/labs/nosuch/cancel", null, 404, "nothing-to-cancel")]
    [InlineData("POST", "/v1/plans", "{", 400, "request-invalid")]
    [InlineData("POST", "/v1/plans", "{}", 400, "request-invalid")]
    [InlineData("GET", "/v1/events?since=x", null, 400, "request-invalid")]
    [InlineData("PATCH", "/v1/labs", null, 405, "request-invalid")]
    [InlineData("POST", "/v1/plans", """{"displayPath":"lab.yaml","baseDirectory":"/tmp","text":"nme: k8s"}""", 422, "lab-file-invalid")]
    public async Task A_refusal_is_a_problem_with_a_code(string method, string path, string? body, int status, string code)
    {
        using HttpClient client = await ClientAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(ProblemView.MediaType, response.Content.Headers.ContentType?.MediaType);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        ProblemView problem = JsonSerializer.Deserialize(text, ApiJson.Default.ProblemView)!;
        Assert.Equal((status, code), (problem.Status, problem.Code));
        using JsonDocument members = JsonDocument.Parse(text);
        Assert.Equal(ErrorCatalogue.NumberOf(code), members.RootElement.GetProperty("number").GetString());
    }

    [Fact]
    public async Task A_launch_of_a_wrong_file_is_a_stream_that_ends_with_the_problem()
    {
        using HttpClient client = await ClientAsync();
        using var body = new StringContent("""{"source":{"displayPath":"lab.yaml","baseDirectory":"/tmp","text":"nme: k8s"}}""", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PutAsync("/v1/labs/k8s", body, TestContext.Current.CancellationToken);
        string[] lines = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        StreamLine last = JsonSerializer.Deserialize(lines[^1], ApiJson.Default.StreamLine)!;
        Assert.Equal("lab-file-invalid", last.Problem?.Code);
        Assert.NotEmpty(last.Problem!.Diagnostics!);
    }
}
