using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>Machines that depend on others, with real guests that are asked whether they are healthy.</summary>
public sealed class OrderedLabTests
{
    /// <summary>The page is there only after the first boot; the file only after a page that is not there was asked for.</summary>
    private const string Lab = """
        name: ordered
        image: micro
        defaults: { memory: 128MiB }
        groups:
          last: { dependsOn: { middle: healthy } }
          middle:
            dependsOn: [{ name: first, condition: healthy }]
            healthCheck: { exec: "test -f /tmp/there || ! touch /tmp/there", interval: 1s }
          first:
            healthCheck: { http: { port: 8080, path: /index.html }, interval: 1s }
            userData: { runcmd: ["(sleep 2; mkdir -p /tmp/w; echo hello > /tmp/w/index.html; busybox httpd -p 8080 -h /tmp/w) >/dev/null 2>&1 &"] }
        """;

    [Fact(Timeout = 300_000)]
    public async Task A_launch_and_a_stop_go_by_what_machines_depend_on()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", Lab);

        CommandResult launch = await home.RunAsync("launch-all", lab, "--no-wait");

        Assert.True(launch.Succeeded, launch.Error);
        Before(launch.Error, "first: healthy", "middle: provisioning", "middle: healthy", "last: provisioning");
        Assert.Contains("first:healthy", await home.OutputAsync("plan", lab), StringComparison.Ordinal);

        CommandResult stop = await home.RunAsync("stop", "--all", "--grace", "30s");
        Assert.True(stop.Succeeded, stop.Error);
        Before(stop.Error, "last: stopped", "middle: stopping", "middle: stopped", "first: stopping");

        // By then the page is gone: what depends on it directly is not started, and who is not named is left alone.
        Assert.True((await home.RunAsync("start", "first", "--no-wait")).Succeeded);
        string list = await home.OutputAsync("list");
        Assert.Matches("first +Running", list);
        Assert.Matches("middle +Stopped", list);
    }

    private static void Before(string text, params string[] lines)
    {
        int[] places = [.. lines.Select(line => text.IndexOf("\n" + line, StringComparison.Ordinal))];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
    }
}
