using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using QemuLab.Engine.Hooks;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hooks;

/// <summary>Notes that are posted to a real server on this host.</summary>
public sealed class HookPostTests : IAsyncLifetime
{
    private readonly ManualTimeProvider clock = new();
    private readonly ConcurrentQueue<(string Body, HeaderDictionary Headers)> received = new();
    private readonly Queue<int> answers = new();
    private readonly HookPost post;
    private WebApplication server = null!;

    public HookPostTests() => post = new HookPost(clock);

    private static HookNote Note { get; } = new() { Id = Guid.Parse("11111111-2222-3333-4444-555555555555"), Event = "lab-ready", Time = DateTimeOffset.UnixEpoch, Lab = "l", Machines = [] };

    private Uri Url => new(server.Urls.Single() + "/hook?token=secret");

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        server = builder.Build();
        server.MapPost("/hook", async (HttpContext http) =>
        {
            using var body = new StreamReader(http.Request.Body);
            received.Enqueue((await body.ReadToEndAsync(), new HeaderDictionary(http.Request.Headers.ToDictionary())));
            http.Response.StatusCode = answers.TryDequeue(out int code) ? code : 200;
            http.Response.Headers.Location = "/elsewhere";
            if (http.Response.StatusCode == 299)
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
            }

            await http.Response.WriteAsync($"answer {http.Response.StatusCode}");
        });
        await server.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        post.Dispose();
        await server.DisposeAsync();
    }

    private Task<HookEnd> SendAsync(int retries = 3, params (string, string)[] headers) =>
        post.SendAsync(new HookAction.Post(Url, headers.ToDictionary(), retries), TimeSpan.FromSeconds(5), Note, TestContext.Current.CancellationToken);

    /// <summary>Lets the pauses pass.</summary>
    private async Task<HookEnd> SentAsync(Task<HookEnd> sending)
    {
        while (!sending.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(sending, Task.Delay(20, TestContext.Current.CancellationToken));
        }

        return await sending;
    }

    [Fact]
    public async Task A_note_arrives_with_its_headers()
    {
        HookEnd end = await SendAsync(3, ("Authorization", "Bearer x"));

        Assert.Equal((HookOutcome.Done, 200, 1, "answer 200"), (end.Outcome, end.Code, end.Attempts, end.Output));
        (string body, HeaderDictionary headers) = Assert.Single(received);
        Assert.Equal(Note.ToJson(), body);
        Assert.Equal(("Bearer x", "lab-ready", "11111111-2222-3333-4444-555555555555", "application/json; charset=utf-8"), (headers["Authorization"].ToString(), headers["X-Qemulab-Event"].ToString(), headers["X-Qemulab-Delivery"].ToString(), headers["Content-Type"].ToString()));
    }

    [Fact]
    public async Task A_server_that_is_not_well_is_tried_again_and_one_that_refuses_is_not()
    {
        answers.Enqueue(503);
        answers.Enqueue(429);
        Assert.Equal((HookOutcome.Done, 3), await EndAsync(SendAsync()));

        answers.Enqueue(404);
        HookEnd refused = await SendAsync();
        Assert.Equal((HookOutcome.Failed, 404, 1, "the server answered 404 Not Found"), (refused.Outcome, refused.Code, refused.Attempts, refused.Message));

        answers.Enqueue(302);
        Assert.Equal((HookOutcome.Failed, 1), await EndAsync(SendAsync()));
        Assert.Equal(5, received.Count);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up_after_the_retries()
    {
        answers.Enqueue(299);
        answers.Enqueue(299);

        HookEnd end = await SentAsync(SendAsync(retries: 1));

        Assert.Equal((HookOutcome.TimedOut, null, 2, "the server did not answer within 5s"), (end.Outcome, end.Code, end.Attempts, end.Message));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_without_the_urls_secret()
    {
        var nowhere = new HookAction.Post(new Uri("http://127.0.0.1:1/hook?token=secret"), new Dictionary<string, string>(), 0);

        HookEnd end = await post.SendAsync(nowhere, TimeSpan.FromSeconds(5), Note, TestContext.Current.CancellationToken);

        Assert.Equal((HookOutcome.Failed, null), (end.Outcome, end.Code));
        Assert.StartsWith("the server could not be reached: Connection refused", end.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", end.Message, StringComparison.Ordinal);
        Assert.Equal("POST http://127.0.0.1:1/…", nowhere.ToString());
    }

    [Fact]
    public void Pauses_double_and_are_never_longer_than_half_a_minute() =>
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], Enumerable.Range(1, 7).Select(attempt => (int)HookPost.Pause(attempt).TotalSeconds));

    private async Task<(HookOutcome, int)> EndAsync(Task<HookEnd> sending)
    {
        HookEnd end = await SentAsync(sending);
        return (end.Outcome, end.Attempts);
    }
}
