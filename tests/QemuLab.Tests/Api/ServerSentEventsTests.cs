using QemuLab.Api;
using QemuLab.Commands;
using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

public class ServerSentEventsTests
{
    [Fact]
    public void An_event_is_framed_with_its_id_and_read_back()
    {
        LabEvent happened = new EventLog(TimeProvider.System).Add(LabEventKind.State, "k8s", "control0", "Running", "a\nb");
        string frame = ServerSentEvents.Frame(happened);
        Assert.StartsWith("id: 1\nevent: state\ndata: {", frame, StringComparison.Ordinal);
        Assert.EndsWith("}\n\n", frame, StringComparison.Ordinal);
        Assert.Equal(happened, Assert.Single(EventFrames.Read(frame.Split('\n'))));
    }

    [Fact]
    public async Task A_follower_learns_first_where_it_goes_on_from_and_misses_nothing_after_that()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync("name: l\nimage: micro\ngroups: { a: {} }\n");
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        EventLog log = daemon.Labs.Events;

        string first = await HeadAsync(client, "/v1/events", 1);
        Assert.Equal($": connected\nid: {log.LastId}\n\n", first);

        long before = log.LastId;
        log.Add(LabEventKind.State, "l", "a", "One");
        log.Add(LabEventKind.State, "l", "a", "Two");
        string replayed = await HeadAsync(client, $"/v1/events?since={before}", 3);
        Assert.Equal([before + 1, before + 2], EventFrames.Read(replayed.Split('\n')).Select(happened => happened.Id));
        string byHeader = await HeadAsync(client, "/v1/events", 2, $"{before + 1}");
        Assert.Equal(["Two"], EventFrames.Read(byHeader.Split('\n')).Select(happened => happened.Word));
    }

    [Fact]
    public async Task An_id_of_an_earlier_daemon_replays_all_that_there_is()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync("name: l\nimage: micro\ngroups: { a: {} }\n");
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        string replayed = await HeadAsync(client, "/v1/events?since=99999", 3);
        Assert.StartsWith(": connected\nid: 0\n\nid: 1\n", replayed, StringComparison.Ordinal);
        Assert.Equal(await client.GetStringAsync("/v1/events/kept"), await client.GetStringAsync("/v1/events/kept?since=99999"));
    }

    /// <summary>So many frames of the stream.</summary>
    private static async Task<string> HeadAsync(HttpClient client, string path, int frames, string? lastSeen = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        Assert.True(lastSeen is null || request.Headers.TryAddWithoutValidation("Last-Event-ID", lastSeen));
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var text = new System.Text.StringBuilder();
        while (frames > 0)
        {
            string line = (await reader.ReadLineAsync())!;
            text.Append(line).Append('\n');
            frames -= line.Length == 0 ? 1 : 0;
        }

        return text.ToString();
    }

    [Fact]
    public void Progress_that_is_not_kept_has_no_id() =>
        Assert.StartsWith("event: image\n", ServerSentEvents.Frame(new EventLog(TimeProvider.System).Add(LabEventKind.Image, "k8s", null, "download", "10 %")), StringComparison.Ordinal);
}
