using System.Text.Json;
using QemuLab.Engine;
using QemuLab.Engine.Qmp;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Qmp;

public sealed class GuestAgentTests
{
    private const int Limit = 30_000;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);

    /// <summary>The client's next command; the delimiter before it is no character.</summary>
    private static async Task<JsonElement> ReadAsync(ScriptedQmpServer.Peer peer)
    {
        string line = await peer.Reader.ReadLineAsync(peer.Stopped) ?? throw new EndOfStreamException();
        using JsonDocument document = JsonDocument.Parse(line.TrimStart('\uFFFD'));
        return document.RootElement.Clone();
    }

    private static async Task SyncAsync(ScriptedQmpServer.Peer peer)
    {
        JsonElement sync = await ReadAsync(peer);
        Assert.Equal("guest-sync-delimited", sync.GetProperty("execute").GetString());
        await peer.Stream.WriteAsync((byte[])[0xFF], peer.Stopped);
        await peer.SendAsync($$"""{"return": {{sync.GetProperty("arguments").GetProperty("id")}}}""" + "\n");
    }

    [Fact(Timeout = Limit)]
    public async Task A_command_is_answered_after_both_have_found_each_other()
    {
        JsonElement asked = default;
        await using var server = new ScriptedQmpServer(async peer =>
        {
            // What the agent had to say to somebody before us.
            await peer.SendAsync("{\"return\": 17}\nhalf a li");
            await SyncAsync(peer);
            asked = await ReadAsync(peer);
            await peer.SendAsync("""{"return": {"seconds": 5}}""" + "\n");
        });

        JsonElement answer = await new GuestAgent(server.SocketPath).ExecuteAsync("guest-set-time", arguments => arguments.WriteNumber("time", 42));

        Assert.Equal(5, answer.GetProperty("seconds").GetInt32());
        Assert.Equal("""{"execute":"guest-set-time","arguments":{"time":42}}""", asked.GetRawText());
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_is_told_in_the_agents_words()
    {
        await using var server = new ScriptedQmpServer(async peer =>
        {
            await SyncAsync(peer);
            await ReadAsync(peer);
            await peer.SendAsync("""{"error": {"class": "GenericError", "desc": "hwclock failed"}}""" + "\n");
        });

        var refused = await Assert.ThrowsAsync<QemuLabException>(() => new GuestAgent(server.SocketPath).ExecuteAsync("guest-set-time"));

        Assert.Equal(("agent-refused", "the guest agent refused guest-set-time: hwclock failed"), (refused.Code, refused.Message));
    }

    [Fact(Timeout = Limit)]
    public async Task A_command_without_an_answer_waits_for_none()
    {
        var asked = new TaskCompletionSource<string?>();
        await using var server = new ScriptedQmpServer(async peer =>
        {
            await SyncAsync(peer);
            asked.SetResult((await ReadAsync(peer)).GetProperty("execute").GetString());
            await peer.SilenceAsync();
        });

        await new GuestAgent(server.SocketPath).SendAsync("guest-shutdown");

        Assert.Equal("guest-shutdown", await asked.Task);
    }

    [Theory(Timeout = Limit)]
    [InlineData("silent")]
    [InlineData("half")]
    [InlineData("nonsense")]
    [InlineData("gone")]
    public async Task An_agent_that_does_not_answer_is_given_up_and_holds_up_nobody_after_that(string fault)
    {
        await using var server = new ScriptedQmpServer(async peer =>
        {
            switch (fault)
            {
                case "half":
                    await SyncAsync(peer);
                    break;
                case "nonsense":
                    await SyncAsync(peer);
                    await peer.SendAsync("?\n");
                    break;
                case "gone":
                    return;
            }

            await peer.SilenceAsync();
        });
        var agent = new GuestAgent(server.SocketPath);

        for (int i = 0; i < 2; i++)
        {
            var silent = await Assert.ThrowsAsync<QemuLabException>(() => agent.ExecuteAsync("guest-ping", timeLimit: Soon));
            Assert.Equal("agent-silent", silent.Code);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Where_there_is_no_port_that_is_told()
    {
        var missing = await Assert.ThrowsAsync<QemuLabException>(() => new GuestAgent("/nowhere/agent").ExecuteAsync("guest-ping"));

        Assert.Equal("qmp-unreachable", missing.Code);
    }
}
