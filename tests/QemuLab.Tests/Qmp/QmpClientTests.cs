using System.Text.Json;
using QemuLab.Engine;
using QemuLab.Engine.Qmp;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Qmp;

public sealed class QmpClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_command_carries_its_arguments_and_returns_the_answer()
    {
        await using var server = ScriptedQmpServer.Greeted(async qemu =>
        {
            JsonElement command = await qemu.ReadAsync();
            await qemu.AnswerAsync(command, command.GetProperty("arguments").GetRawText());
        });
        await using QmpClient client = await ConnectAsync(server);

        JsonElement answer = await client.ExecuteAsync("human-monitor-command", a => a.WriteString("command-line", "info \"x\""));

        Assert.Equal("info \"x\"", answer.GetProperty("command-line").GetString());
    }

    [Fact]
    public async Task Answers_out_of_order_find_their_commands()
    {
        await using var server = ScriptedQmpServer.Greeted(async qemu =>
        {
            JsonElement first = await qemu.ReadAsync();
            JsonElement second = await qemu.ReadAsync();
            await qemu.AnswerAsync(second, $"\"{second.GetProperty("execute")}\"");
            await qemu.AnswerAsync(first, $"\"{first.GetProperty("execute")}\"");
        });
        await using QmpClient client = await ConnectAsync(server);

        Task<JsonElement> one = client.ExecuteAsync("one");
        Task<JsonElement> two = client.ExecuteAsync("two");

        Assert.Equal("one", (await one).GetString());
        Assert.Equal("two", (await two).GetString());
    }

    [Fact]
    public async Task Lines_in_pieces_and_pieces_with_several_lines_are_put_together()
    {
        await using var server = ScriptedQmpServer.Greeted(async qemu =>
        {
            JsonElement command = await qemu.ReadAsync();
            string text = $$"""
                {"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 500000} }

                {"return": {"text": "é{{new string('x', 100_000)}}"}, "id": {{command.GetProperty("id")}} }
                {"event": "RESUME"}

                """;
            for (int at = 0; at < text.Length; at += 7001)
            {
                await qemu.SendAsync(text[at..Math.Min(at + 7001, text.Length)]);
                await Task.Yield();
            }
        });
        await using QmpClient client = await ConnectAsync(server);

        JsonElement answer = await client.ExecuteAsync("query-x");
        List<QmpEvent> events = await client.Events.ToListAsync();

        Assert.Equal(100_001, answer.GetProperty("text").GetString()!.Length);
        Assert.Equal(["STOP", "RESUME"], events.Select(e => e.Name));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(1.5), events[0].Timestamp);
        Assert.Equal(JsonValueKind.Undefined, events[0].Data.ValueKind);
    }

    [Fact]
    public async Task Events_from_before_the_first_reader_are_kept_and_the_end_of_the_connection_ends_them()
    {
        await using var server = new ScriptedQmpServer(async qemu =>
        {
            await qemu.SendAsync(ScriptedQmpServer.Greeting + "\n{\"event\": \"EARLY\"}\n");
            JsonElement command = await qemu.ReadAsync();
            await qemu.SendAsync("{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}\n");
            await qemu.AnswerAsync(command, "{}");
        });
        await using QmpClient client = await ConnectAsync(server);
        await client.Closed.WaitAsync(Patience);

        List<QmpEvent> events = await client.Events.ToListAsync();

        Assert.Equal(["EARLY", "SHUTDOWN"], events.Select(e => e.Name));
        Assert.True(events[1].Data.GetProperty("guest").GetBoolean());
    }

    [Fact]
    public async Task A_refusal_quotes_QEMU_and_names_the_command()
    {
        await using var server = ScriptedQmpServer.Greeted(async qemu =>
        {
            JsonElement command = await qemu.ReadAsync();
            await qemu.SendAsync($$$"""{"id": {{{command.GetProperty("id")}}}, "error": {"class": "CommandNotFound", "desc": "The command x has not been found"} }""" + "\n");
            await qemu.SilenceAsync();
        });
        await using QmpClient client = await ConnectAsync(server);

        var error = await Assert.ThrowsAsync<QmpErrorException>(() => client.ExecuteAsync("x"));

        Assert.Equal("QEMU refused x: The command x has not been found", error.Message);
        Assert.Equal("CommandNotFound", error.ErrorClass);
    }

    [Fact]
    public async Task A_silent_QEMU_is_given_up_in_time_and_its_late_answer_disturbs_nobody()
    {
        await using var server = ScriptedQmpServer.Greeted(async qemu =>
        {
            JsonElement slow = await qemu.ReadAsync();
            JsonElement next = await qemu.ReadAsync();
            await qemu.AnswerAsync(slow, "\"late\"");
            await qemu.AnswerAsync(next, "\"next\"");
            await qemu.SilenceAsync();
        });
        await using QmpClient client = await ConnectAsync(server);

        var error = await Assert.ThrowsAsync<QemuLabException>(() => client.ExecuteAsync("query-status", timeLimit: Short));
        JsonElement next = await client.ExecuteAsync("query-name");

        Assert.Equal(ErrorKind.TimedOut, error.Kind);
        Assert.Equal($"QEMU at {server.SocketPath} did not answer query-status within 0.1 s", error.Message);
        Assert.Equal("next", next.GetString());
    }

    [Fact]
    public async Task A_QEMU_that_takes_nothing_more_does_not_hold_the_sender()
    {
        await using var server = ScriptedQmpServer.Greeted(qemu => qemu.SilenceAsync());
        await using QmpClient client = await ConnectAsync(server);
        string megabyte = new('x', 1 << 20);

        for (int i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<QemuLabException>(() => client.ExecuteAsync("fill", a => a.WriteString("x", megabyte), Short));
            Assert.Equal(ErrorKind.TimedOut, error.Kind);
        }
    }

    [Fact]
    public async Task A_QEMU_that_dies_in_the_middle_fails_every_waiting_command_and_all_later_ones()
    {
        await using var server = ScriptedQmpServer.Greeted(async qemu =>
        {
            await qemu.ReadAsync();
            await qemu.ReadAsync();
            await qemu.SendAsync("{\"return\": {");
        });
        await using QmpClient client = await ConnectAsync(server);

        Task<JsonElement> one = client.ExecuteAsync("one");
        Task<JsonElement> two = client.ExecuteAsync("two");

        Assert.Equal("qmp-closed", (await Assert.ThrowsAsync<QemuLabException>(() => one)).Code);
        Assert.Equal("qmp-closed", (await Assert.ThrowsAsync<QemuLabException>(() => two)).Code);
        await client.Closed.WaitAsync(Patience);
        Assert.Equal("qmp-closed", (await Assert.ThrowsAsync<QemuLabException>(() => client.ExecuteAsync("three"))).Code);
    }

    [Theory]
    [InlineData("hello\n")]
    [InlineData("{\"return\": \n")]
    [InlineData("\u0001\u0002\n")]
    public async Task What_is_not_JSON_ends_the_connection_with_a_clear_reason(string garbage)
    {
        await using var server = ScriptedQmpServer.Greeted(async qemu =>
        {
            await qemu.ReadAsync();
            await qemu.SendAsync(garbage);
            await qemu.SilenceAsync();
        });
        await using QmpClient client = await ConnectAsync(server);

        var error = await Assert.ThrowsAsync<QemuLabException>(() => client.ExecuteAsync("x"));

        Assert.Contains("not QMP", error.Message, StringComparison.Ordinal);
        await client.Closed.WaitAsync(Patience);
    }

    [Fact]
    public async Task JSON_that_means_nothing_is_passed_over()
    {
        await using var server = ScriptedQmpServer.Greeted(async qemu =>
        {
            JsonElement command = await qemu.ReadAsync();
            await qemu.SendAsync("[]\n7\n{}\n{\"id\": \"x\", \"return\": 1}\n{\"id\": 999, \"return\": 1}\n{\"id\": 2, \"error\": 3}\n{\"event\": 5}\n");
            await qemu.AnswerAsync(command, "true");
        });
        await using QmpClient client = await ConnectAsync(server);

        Assert.True((await client.ExecuteAsync("x")).GetBoolean());
    }

    [Fact]
    public async Task A_caller_that_cancels_gets_its_cancellation_and_the_connection_stays()
    {
        await using var server = ScriptedQmpServer.Greeted(async qemu =>
        {
            await qemu.ReadAsync();
            await qemu.AnswerAsync(await qemu.ReadAsync(), "1");
            await qemu.SilenceAsync();
        });
        await using QmpClient client = await ConnectAsync(server);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ExecuteAsync("x", cancellation: cancel.Token));

        Assert.Equal(1, (await client.ExecuteAsync("y")).GetInt32());
        Assert.False(client.Closed.IsCompleted);
    }

    [Fact]
    public async Task Disposing_ends_events_and_waiting_commands()
    {
        await using var server = ScriptedQmpServer.Greeted(qemu => qemu.SilenceAsync());
        QmpClient client = await ConnectAsync(server);
        Task<JsonElement> waiting = client.ExecuteAsync("x");

        await client.DisposeAsync();

        Assert.Contains("closed by us", (await Assert.ThrowsAsync<QemuLabException>(() => waiting)).Message, StringComparison.Ordinal);
        Assert.Empty(await client.Events.ToListAsync());
        await client.DisposeAsync();
    }

    private static Task<QmpClient> ConnectAsync(ScriptedQmpServer server) => QmpClient.ConnectAsync(server.SocketPath, Patience);
}
