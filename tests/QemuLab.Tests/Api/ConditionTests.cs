using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using QemuLab.Api;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>ETags: what has not changed is not sent again, and what has changed meanwhile is not changed by mistake.</summary>
public sealed class ConditionTests
{
    private const string Lab = "name: l\nimage: micro\ngroups: { a: {}, b: {} }\n";

    [Theory]
    [InlineData("/v1/labs")]
    [InlineData("/v1/labs/l")]
    [InlineData("/v1/machines")]
    [InlineData("/v1/machines?lab=l&name=b")]
    [InlineData("/v1/machines/l/b")]
    public async Task What_is_known_is_not_sent_again_until_it_changes(string path)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        using HttpResponseMessage first = await client.GetAsync(path);
        EntityTagHeaderValue tag = first.Headers.ETag!;
        Assert.False(tag.IsWeak);
        Assert.Equal("1", Assert.Single(first.Headers.GetValues(ApiSchema.Header)));

        using HttpResponseMessage same = await AskAsync(client, HttpMethod.Get, path, ifNoneMatch: $"\"other\", W/{tag.Tag}");
        Assert.Equal((HttpStatusCode.NotModified, tag), (same.StatusCode, same.Headers.ETag));
        Assert.Empty(await same.Content.ReadAsByteArrayAsync());

        (await AskAsync(client, HttpMethod.Post, "/v1/machines/l/b/pause")).Dispose();
        using HttpResponseMessage changed = await AskAsync(client, HttpMethod.Get, path, ifNoneMatch: tag.ToString());
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.NotEqual(tag, changed.Headers.ETag);
        Assert.Contains("Paused", await changed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_machine_and_a_list_of_it_are_the_same_text_and_another_daemon_has_the_same_tags()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        using HttpResponseMessage one = await client.GetAsync("/v1/machines/l/b");
        Assert.Equal(await client.GetStringAsync("/v1/machines?name=b"), $"[{await one.Content.ReadAsStringAsync()}]");
        Assert.Equal(await client.GetStringAsync("/v1/labs"), $"[{await client.GetStringAsync("/v1/labs/l")}]");
        using HttpResponseMessage again = await client.GetAsync("/v1/machines/l/b");
        Assert.Equal(one.Headers.ETag, again.Headers.ETag);
    }

    [Theory]
    [InlineData("PUT", "/v1/machines/l/b/state", """{"state":"Stopped"}""", "/v1/machines/l/b")]
    [InlineData("POST", "/v1/machines/l/b/stop", "{}", "/v1/machines/l/b")]
    [InlineData("POST", "/v1/machines/l/b/pause", null, "/v1/machines/l/b")]
    [InlineData("DELETE", "/v1/machines/l/b?force=true", null, "/v1/machines/l/b")]
    [InlineData("POST", "/v1/labs/l/stop", """{"machines":["b"]}""", "/v1/labs/l")]
    [InlineData("POST", "/v1/labs/l/snapshots", """{"name":"s"}""", "/v1/labs/l")]
    [InlineData("DELETE", "/v1/labs/l", null, "/v1/labs/l")]
    public async Task A_change_is_made_to_the_state_that_was_seen_or_not_at_all(string method, string path, string? body, string seen)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        string before = (await client.GetAsync(seen)).Headers.ETag!.ToString();
        (await AskAsync(client, HttpMethod.Post, "/v1/machines/l/b/pause")).Dispose();
        (await AskAsync(client, HttpMethod.Post, "/v1/machines/l/b/unpause")).Dispose();
        using HttpResponseMessage paused = await AskAsync(client, HttpMethod.Put, "/v1/machines/l/b/state", """{"state":"Paused"}""");

        using HttpResponseMessage late = await AskAsync(client, new HttpMethod(method), path, body, ifMatch: before);
        string unchanged = (await client.GetAsync(seen)).Headers.ETag!.ToString();
        (await AskAsync(client, HttpMethod.Post, "/v1/machines/l/b/unpause")).Dispose();
        string now = (await client.GetAsync(seen)).Headers.ETag!.ToString();
        using HttpResponseMessage weak = await AskAsync(client, new HttpMethod(method), path, body, ifMatch: "W/" + now);
        using HttpResponseMessage done = await AskAsync(client, new HttpMethod(method), path, body, ifMatch: $"\"other\", {now}");

        await RefusedAsync(late);
        await RefusedAsync(weak);
        Assert.NotEqual(before, unchanged);
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_lab_file_is_replaced_where_it_is_the_one_that_was_read_and_made_where_there_is_none()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        string read = (await client.GetAsync("/v1/labs/l/file")).Headers.ETag!.ToString();
        const string Other = "name: k\nimage: micro\ngroups: { x: {} }\n";
        string Larger(string machine) => Lab.Replace("b: {}", $"b: {{}}, {machine}: {{}}", StringComparison.Ordinal);

        using HttpResponseMessage mine = await AskAsync(client, HttpMethod.Put, "/v1/labs/l/file", Larger("c"), ifMatch: read, type: LabFileRoutes.MediaType);
        using HttpResponseMessage yours = await AskAsync(client, HttpMethod.Put, "/v1/labs/l/file", Larger("d"), ifMatch: read, type: LabFileRoutes.MediaType);
        using HttpResponseMessage isThere = await AskAsync(client, HttpMethod.Put, "/v1/labs/l/file", Larger("d"), ifNoneMatch: "*", type: LabFileRoutes.MediaType);
        using HttpResponseMessage isNot = await AskAsync(client, HttpMethod.Put, "/v1/labs/k/file", Other, ifMatch: "*", type: LabFileRoutes.MediaType);
        using HttpResponseMessage made = await AskAsync(client, HttpMethod.Put, "/v1/labs/k/file", Other, ifNoneMatch: "*", type: LabFileRoutes.MediaType);

        Assert.True(mine.IsSuccessStatusCode, await mine.Content.ReadAsStringAsync());
        await RefusedAsync(yours);
        await RefusedAsync(isThere);
        await RefusedAsync(isNot);
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        Assert.Equal(["a", "b", "c"], daemon.Labs.Labs.First(lab => lab.Name == "l").Machines.Select(machine => machine.Name));
    }

    [Fact]
    public async Task Of_two_launches_with_one_condition_the_second_is_refused_when_its_turn_comes()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        string read = (await client.GetAsync("/v1/labs/l/file")).Headers.ETag!.ToString();
        var boots = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        daemon.Lab.Guests["c"] = _ =>
        {
            begun.TrySetResult();
            return boots.Task;
        };

        Task<HttpResponseMessage> first = AskAsync(client, HttpMethod.Put, "/v1/labs/l/file", Lab.Replace("b: {}", "b: {}, c: {}", StringComparison.Ordinal), ifMatch: read, type: LabFileRoutes.MediaType);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10));
        string other = JsonSerializer.Serialize(Lab.Replace("b: {}", "b: {}, d: {}", StringComparison.Ordinal), ApiJson.Info<string>());
        string lab = (await client.GetAsync("/v1/labs/l")).Headers.ETag!.ToString();
        Task<HttpResponseMessage> second = AskAsync(client, HttpMethod.Put, "/v1/labs/l", $$$"""{"source":{"displayPath":"lab.yaml","baseDirectory":"/labs","text":{{{other}}}}}""", ifMatch: lab);
        await Task.Delay(100);
        boots.SetResult();

        Assert.True((await first).IsSuccessStatusCode);
        string[] lines = (await (await second).Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((412, "etag-differs"), JsonSerializer.Deserialize(lines[^1], ApiJson.Default.StreamLine)!.Problem is { } problem ? (problem.Status, problem.Code) : default);
    }

    [Theory]
    [InlineData("/v1/version")]
    [InlineData("/v1/machines")]
    [InlineData("/v1/events/kept")]
    [InlineData("/v1/labs/nosuch")]
    [InlineData("/nowhere")]
    public async Task Each_answer_says_which_schema_it_has(string path)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        using HttpResponseMessage answer = await client.GetAsync(path);
        Assert.Equal("1", Assert.Single(answer.Headers.GetValues(ApiSchema.Header)));
        using JsonDocument version = JsonDocument.Parse((await daemon.RunAsync("version", "--json")).Output);
        Assert.Equal(1, version.RootElement.GetProperty("schema").GetInt32());
    }

    [Theory]
    [InlineData("DELETE", "/v1/labs/nosuch", 404, "lab-not-found")]
    [InlineData("POST", "/v1/machines/l/nosuch/stop", 404, "machine-not-found")]
    [InlineData("POST", "/v1/shutdown", 400, "request-invalid")]
    [InlineData("POST", "/v1/images/micro/fetch", 400, "request-invalid")]
    public async Task A_condition_on_what_is_not_there_or_has_no_tag_is_told(string method, string path, int status, string code)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        using HttpResponseMessage refused = await AskAsync(client, new HttpMethod(method), path, "{}", ifMatch: "\"a\"");
        Assert.Equal((status, code), ((int)refused.StatusCode, JsonSerializer.Deserialize(await refused.Content.ReadAsStringAsync(), ApiJson.Default.ProblemView)!.Code));
    }

    private static async Task RefusedAsync(HttpResponseMessage response)
    {
        ProblemView problem = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), ApiJson.Default.ProblemView)!;
        Assert.Equal((412, ProblemView.MediaType, 412, "etag-differs"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, problem.Status, problem.Code));
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, HttpMethod method, string path, string? body = null, string? ifMatch = null, string? ifNoneMatch = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, type);
        Assert.True(ifMatch is null || request.Headers.TryAddWithoutValidation("If-Match", ifMatch));
        Assert.True(ifNoneMatch is null || request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch));
        return await client.SendAsync(request);
    }
}
