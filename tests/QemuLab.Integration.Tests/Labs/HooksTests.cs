using System.Net;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>Hooks of two real machines: commands that run, a server that is posted to, a daemon that is killed meanwhile.</summary>
public sealed class HooksTests
{
    [Fact(Timeout = 300_000)]
    public async Task Hooks_run_once_for_what_happens_whichever_daemon_sees_it()
    {
        await using var home = new TestHome();
        using HttpListener server = Listen(out int port);
        Task<List<string>> posted = ReceiveAsync(server);
        File.SetUnixFileMode(
            home.Write("note.sh", "#!/bin/sh\ncat >>notes\necho \"$QEMULAB_EVENT $QEMULAB_MACHINE\" >>words\n"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string lab = home.Write("lab.yaml", $$"""
            name: hooked
            image: micro
            defaults: { memory: 128MiB }
            hooks:
              - { on: [started, ready, stopped, failed, lab-ready, lab-stopped], run: [./note.sh] }
              - { on: lab-ready, post: "http://127.0.0.1:{{port}}/up", retries: 5 }
              - { on: lab-ready, run: [sh, -c, "'{{TestHome.Binary}}' exec b -- hostname >asked"] }
              - { on: ready, machines: b, timeout: 1s, run: [sleep, "300"] }
            groups: { a: {}, b: {} }
            """);
        await home.OutputAsync("launch-all", lab);

        await WordsAsync(home, "lab-ready ", "ready a", "ready b", "started a", "started b");
        await EndedAsync(home, "Done Done Done TimedOut");
        Assert.Equal("b\n", File.ReadAllText(Path.Combine(home.Path, "asked")));
        JsonElement[] notes = [.. File.ReadLines(Path.Combine(home.Path, "notes")).Select(line => JsonDocument.Parse(line).RootElement)];
        JsonElement whole = notes.Single(note => note.GetProperty("event").GetString() == "lab-ready");
        Assert.Equal(["a", "b"], whole.GetProperty("machines").EnumerateArray().Select(machine => machine.GetProperty("name").GetString()));
        List<string> bodies = await posted;
        Assert.Equal(2, bodies.Count);
        Assert.Equal(bodies[0], bodies[1]);
        Assert.Equal("lab-ready", JsonDocument.Parse(bodies[0]).RootElement.GetProperty("event").GetString());

        TestHome.Kill(home.DaemonProcess()!.Value);
        await home.OutputAsync("wait", "a", "b");
        await WordsAsync(home, "lab-ready ", "ready a", "ready b", "started a", "started b");

        TestHome.Kill(home.DaemonProcess()!.Value);
        TestHome.Kill(Assert.Single(home.Processes("-name hooked/b")));
        await home.OutputAsync("list");
        await WordsAsync(home, "failed b", "lab-ready ", "ready a", "ready b", "started a", "started b");

        await home.OutputAsync("stop", "a", "--force");
        await WordsAsync(home, "failed b", "lab-ready ", "lab-stopped ", "ready a", "ready b", "started a", "started b", "stopped a");
        CommandResult tried = await home.RunAsync("hook", "try", "ready", "b");
        Assert.Equal(1, tried.ExitCode);
        Assert.Contains("timed-out in 1.", tried.Output, StringComparison.Ordinal);
        Assert.Contains(File.ReadLines(Path.Combine(home.Path, "notes")), note => note.Contains("\"isTrial\":true", StringComparison.Ordinal));
    }

    /// <summary>What has been noted, once it is all there.</summary>
    private static async Task WordsAsync(TestHome home, params string[] expected)
    {
        string file = Path.Combine(home.Path, "words");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!File.Exists(file) || File.ReadAllLines(file).Length < expected.Length)
        {
            await Task.Delay(50, limit.Token);
        }

        // One that came twice would come with the others.
        await Task.Delay(200, limit.Token);
        Assert.Equal(expected, File.ReadAllLines(file).Order(StringComparer.Ordinal));
    }

    /// <summary>How each hook last ended, once all have.</summary>
    private static async Task EndedAsync(TestHome home, string expected)
    {
        string found = "";
        for (int i = 0; i < 100 && found != expected; i++)
        {
            await Task.Delay(100);
            JsonElement hooks = JsonDocument.Parse(await home.OutputAsync("hook", "list", "--json")).RootElement;
            found = string.Join(' ', hooks.EnumerateArray().Select(hook => hook.TryGetProperty("last", out JsonElement last) ? last.GetProperty("outcome").GetString() : "-"));
        }

        Assert.Equal(expected, found);
    }

    private static HttpListener Listen(out int port)
    {
        port = TestPorts.Free();
        var server = new HttpListener();
        server.Prefixes.Add($"http://127.0.0.1:{port}/");
        server.Start();
        return server;
    }

    /// <summary>A server that is not well at first: the bodies that came until it took one.</summary>
    private static async Task<List<string>> ReceiveAsync(HttpListener server)
    {
        List<string> bodies = [];
        while (bodies.Count < 2)
        {
            HttpListenerContext context = await server.GetContextAsync();
            using var body = new StreamReader(context.Request.InputStream);
            bodies.Add(await body.ReadToEndAsync());
            context.Response.StatusCode = bodies.Count == 1 ? 503 : 204;
            context.Response.Close();
        }

        return bodies;
    }
}
