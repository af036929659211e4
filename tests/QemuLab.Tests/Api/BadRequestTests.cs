using System.Text;
using System.Text.Json;
using QemuLab.Api;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>Whatever a request has that it must not have, or lacks: the daemon says what, and does nothing.</summary>
public sealed class BadRequestTests(SharedDaemon shared) : IClassFixture<SharedDaemon>
{
    private const string Source = """{"displayPath":"lab.yaml","baseDirectory":"/labs","text":"name: l"}""";

    /// <summary>Times that no wait can have.</summary>
    private static readonly string[] NoTimes = ["-1", "2592001", "1e300", "\"5\"", "true", "[]"];

    /// <summary>Bodies that are no object.</summary>
    private static readonly string[] NoObjects = ["", "null", "[]", "7", "{"];

    /// <summary>Each route that takes a body, with the least body that it takes.</summary>
    private static readonly (string Method, string Path)[] WithBody =
    [
        ("POST", "/v1/plans"), ("POST", "/v1/diffs"), ("PUT", "/v1/labs/l"), ("POST", "/v1/labs/l/set"), ("POST", "/v1/labs/l/start"), ("POST", "/v1/labs/l/stop"), ("POST", "/v1/labs/l/restart"), ("POST", "/v1/labs/l/suspend"),
        ("POST", "/v1/labs/l/snapshots"), ("POST", "/v1/labs/l/snapshots/s/return"), ("POST", "/v1/labs/l/faults"), ("POST", "/v1/machines/l/a/start"), ("POST", "/v1/machines/l/a/stop"),
        ("POST", "/v1/machines/l/a/restart"), ("POST", "/v1/machines/l/a/resume"), ("POST", "/v1/machines/l/a/wait"), ("PUT", "/v1/machines/l/a/state"),
    ];

    public static TheoryData<string, string> Bodies() =>
    [
        .. from route in WithBody from body in NoObjects select (route.Method + " " + route.Path, body),
        .. Each("PUT /v1/labs/l", [.. Labs().Select(source => $$"""{"source":{{source}}}"""), "{}", .. NoTimes.Select(time => $$"""{"source":{{Source}},"timeoutSeconds":{{time}}}"""), $$"""{"source":{{Source}},"wait":1}""", $$"""{"source":{{Source}},"prune":"yes"}""", $$"""{"source":{{Source}},"wait":null}"""]),
        .. Each("POST /v1/plans", Labs()),
        .. Each("POST /v1/diffs", Labs()),
        .. Each("POST /v1/labs/l/set", ["{}", """{"machines":["a"]}""", """{"settings":["memory=1GiB"]}""", """{"machines":null,"settings":["memory=1GiB"]}""", """{"machines":["a"],"settings":null}""", """{"machines":[null],"settings":["memory=1GiB"]}""", """{"machines":["a"],"settings":[null]}""", """{"machines":"a","settings":[]}""", """{"machines":["a"],"settings":[""]}"""]),
        .. Each("POST /v1/labs/l/start", [.. Several(), .. NoTimes.Select(time => $$$"""{"machines":["a"],"options":{"timeoutSeconds":{{{time}}}}}"""), """{"machines":["a"],"options":7}""", """{"machines":["a"],"options":{"cold":1}}"""]),
        .. Each("POST /v1/labs/l/stop", [.. Several(), .. NoTimes.Select(time => $$$"""{"machines":["a"],"options":{"graceSeconds":{{{time}}}}}"""), """{"machines":["a"],"options":7}"""]),
        .. Each("POST /v1/labs/l/restart", [.. Several(), .. NoTimes.Select(time => $$$"""{"machines":["a"],"options":{"timeoutSeconds":{{{time}}}}}"""), """{"machines":["a"],"options":7}"""]),
        .. Each("POST /v1/labs/l/suspend", ["""{"machines":[null]}""", """{"machines":"a"}""", """{"machines":[1]}"""]),
        .. Each("POST /v1/labs/l/snapshots", ["{}", """{"name":null}""", """{"name":""}""", """{"name":7}""", """{"name":"a b"}""", """{"name":"s","replace":"yes"}""", """{"name":"s","replace":null}""", """{"name":"s","description":7}""", $$"""{"name":"{{new string('s', 100)}}"}"""]),
        .. Each("POST /v1/labs/l/snapshots/s/return", ["""{"machines":[null]}""", """{"machines":"a"}""", """{"force":"yes"}""", """{"wait":null}"""]),
        .. Each("POST /v1/labs/l/faults", Faults()),
        .. Each("POST /v1/machines/l/a/start", [.. Times("timeoutSeconds"), """{"wait":1}""", """{"wait":null}""", """{"cold":"yes"}""", """{"paused":"yes"}"""]),
        .. Each("POST /v1/machines/l/a/resume", Times("timeoutSeconds")),
        .. Each("POST /v1/machines/l/a/stop", Times("graceSeconds")),
        .. Each("POST /v1/machines/l/a/restart", [.. Times("timeoutSeconds"), .. Times("graceSeconds"), """{"wait":1}"""]),
        .. Each("PUT /v1/machines/l/a/state", ["{}", """{"state":null}""", """{"state":"Nothing"}""", """{"state":"Failed"}""", """{"state":7}""", """{"state":"Running","wait":1}""", .. NoTimes.Select(time => $$"""{"state":"Running","timeoutSeconds":{{time}}}"""), .. NoTimes.Select(time => $$"""{"state":"Stopped","graceSeconds":{{time}}}""")]),
        .. Each("POST /v1/machines/l/a/wait", [.. Times("timeoutSeconds"), """{"for":7}""", """{"for":""}""", """{"for":"nothing"}""", """{"for":"state="}"""]),
    ];

    [Theory]
    [MemberData(nameof(Bodies))]
    public Task A_body_that_is_none_of_the_route_is_refused_with_what_is_wrong(string route, string body) => RefusedAsync(route, body);

    [Theory]
    [InlineData("POST /v1/shutdown?force=maybe")]
    [InlineData("POST /v1/images/micro/fetch?force=maybe")]
    [InlineData("DELETE /v1/labs/l?purge=maybe")]
    [InlineData("DELETE /v1/labs/l?graceSeconds=-1")]
    [InlineData("DELETE /v1/labs/l?graceSeconds=NaN")]
    [InlineData("DELETE /v1/labs/l?graceSeconds=Infinity")]
    [InlineData("DELETE /v1/labs/l?graceSeconds=1e300")]
    [InlineData("DELETE /v1/labs/l?graceSeconds=soon")]
    [InlineData("DELETE /v1/machines/l/a?force=maybe")]
    [InlineData("GET /v1/machines/l/a/log?tail=-1")]
    [InlineData("GET /v1/machines/l/a/log?tail=99999999999")]
    [InlineData("GET /v1/machines/l/a/log?tail=some")]
    [InlineData("GET /v1/machines/l/a/log?source=nothing")]
    [InlineData("GET /v1/machines/l/a/log?raw=maybe")]
    [InlineData("GET /v1/labs/l/capture?seconds=-1")]
    [InlineData("GET /v1/labs/l/capture?seconds=NaN")]
    [InlineData("GET /v1/labs/l/capture?seconds=1e300")]
    [InlineData("GET /v1/labs/l/capture?seconds=soon")]
    [InlineData("GET /v1/events?since=-1")]
    [InlineData("GET /v1/events?since=last")]
    [InlineData("GET /v1/events?since=99999999999999999999")]
    [InlineData("GET /v1/events/kept?since=-1")]
    [InlineData("GET /v1/events/kept?since=last")]
    public Task A_query_that_is_none_of_the_route_is_refused_with_what_is_wrong(string route) => RefusedAsync(route, null);

    [Theory]
    [InlineData("POST /v1/machines/l/a/stop", """{"force":true}""", "force")]
    [InlineData("POST /v1/labs/l/stop", """{"machines":["a"],"graceSeconds":0}""", "graceSeconds")]
    [InlineData("POST /v1/labs/l/start", """{"machines":["a"],"options":{"wiat":false}}""", "wiat")]
    [InlineData("PUT /v1/labs/l", $$"""{"source":{{Source}},"purge":true}""", "purge")]
    public async Task What_is_misspelt_is_refused_by_its_name(string route, string body, string member) =>
        Assert.Equal($"the request has '{member}', which it does not take", await RefusedAsync(route, body));

    private static string[] Labs() =>
    [
        "{}", """{"text":"name: l"}""", """{"displayPath":null,"baseDirectory":"/labs","text":""}""", """{"displayPath":"lab.yaml","baseDirectory":null,"text":""}""", """{"displayPath":"lab.yaml","baseDirectory":"/labs","text":null}""",
        """{"displayPath":7,"baseDirectory":"/labs","text":""}""", """{"displayPath":"lab.yaml","baseDirectory":"labs","text":""}""", """{"displayPath":"lab.yaml","baseDirectory":"","text":""}""", """{"displayPath":"lab.yaml","baseDirectory":"/la\u0000bs","text":""}""",
        """{"displayPath":"","baseDirectory":"/labs","text":""}""", """{"displayPath":"lab\u0000.yaml","baseDirectory":"/labs","text":""}""",
        """{"displayPath":"lab.yaml","baseDirectory":"/labs","text":"","settings":[null]}""", """{"displayPath":"lab.yaml","baseDirectory":"/labs","text":"","settings":"a=b"}""",
        """{"displayPath":"lab.yaml","baseDirectory":"/labs","text":"","files":{"x":null}}""", """{"displayPath":"lab.yaml","baseDirectory":"/labs","text":"","files":[]}""", """{"displayPath":"lab.yaml","baseDirectory":"/labs","text":"","files":{"x":{"text":7}}}""",
    ];

    private static string[] Several() => ["{}", """{"machines":null}""", """{"machines":"a"}""", """{"machines":[null]}""", """{"machines":[7]}"""];

    private static string[] Faults()
    {
        string[] values = ["-1", "0", "1e300", "\"5\"", "null"];
        return
        [
            "{}", """{"kind":"Cut"}""", """{"kind":"Cut","machines":null}""", """{"kind":"Cut","machines":[]}""", """{"kind":"Cut","machines":[null]}""", """{"kind":"Cut","machines":"a"}""", """{"machines":["a"]}""",
            """{"kind":null,"machines":["a"]}""", """{"kind":7,"machines":["a"]}""", """{"kind":"Nothing","machines":["a"]}""", """{"kind":"Partition","machines":["a"]}""", """{"kind":"Partition","machines":["a"],"others":[]}""", """{"kind":"Partition","machines":["a"],"others":[null]}""",
            .. from kind in (string[])["Delay", "Loss", "Rate"] from value in values select $$"""{"kind":"{{kind}}","machines":["a"],"value":{{value}}}""",
            .. from time in (string[])["-1", "0", "1e300", "\"5\""] select $$"""{"kind":"Cut","machines":["a"],"forSeconds":{{time}}}""",
        ];
    }

    private static string[] Times(string name) => [.. NoTimes.Select(time => $$"""{"{{name}}":{{time}}}""")];

    private static IEnumerable<(string, string)> Each(string route, IEnumerable<string> bodies) => bodies.Select(body => (route, body));

    /// <returns>What is wrong, in the daemon's words.</returns>
    private async Task<string> RefusedAsync(string route, string? body)
    {
        using HttpClient client = SocketClient.Of(shared.Daemon.Lab.Paths);
        using var request = new HttpRequestMessage(new HttpMethod(route.Split(' ')[0]), route.Split(' ')[1]);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal((400, ProblemView.MediaType), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        ProblemView problem = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), ApiJson.Default.ProblemView)!;
        Assert.Equal(400, problem.Status);
        TestContext.Current.TestOutputHelper!.WriteLine($"{problem.Code}: {problem.Detail} ({problem.Hint})");
        foreach (string inside in (string[])["QemuLab.", "System.", "Parameter", "Exception", "LineNumber", "annotation"])
        {
            Assert.DoesNotContain(inside, problem.Detail, StringComparison.Ordinal);
        }

        return problem.Detail;
    }
}
