using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>The verbs of <c>qemulab network</c> on a lab of two micro machines. Needs what the micro image is built with, and tcpdump.</summary>
public sealed class NetworkVerbTests
{
    private const string Lab = """
        name: net
        image: micro
        network: { mode: user }
        defaults: { memory: 128MiB }
        groups: { one: {}, two: {} }
        """;

    private const string Ping = "ping -c 3 -i 0.3 -W 2 two";

    [Fact(Timeout = 300_000)]
    public async Task A_network_is_captured_and_made_worse_and_healed()
    {
        await using var home = new TestHome();
        await home.OutputAsync("launch-all", home.Write("lab.yaml", Lab));

        await CapturedAsync(home);
        await DelayedAsync(home);
        await PartedAsync(home);
        await CutAndHealedByTimeAsync(home);
        Assert.Contains("Impaired: delay 100ms", await home.OutputAsync("events"), StringComparison.Ordinal);
        await home.OutputAsync("down", "--purge", "--yes");
        Assert.Empty(home.Processes());
    }

    private static async Task CapturedAsync(TestHome home)
    {
        string file = Path.Combine(home.Path, "net.pcapng");
        Task<CommandResult> capture = home.RunAsync("network", "capture", "net", "-w", file, "--for", "8s");
        await home.OutputAsync("exec", "one", "--", "sleep 1; " + Ping + "; nslookup two.net.lab >/dev/null");
        CommandResult done = await capture;
        Assert.True(done.Succeeded, done.Error);
        Assert.Contains("frames captured", done.Error, StringComparison.Ordinal);
        CommandResult read = await new CommandRunner().RunAsync(new Command("tcpdump", "-nn", "-r", file) { TimeLimit = TimeSpan.FromSeconds(10) });
        Assert.True(read.Succeeded, read.Error);
        Assert.Contains("ICMP echo request", read.Output, StringComparison.Ordinal);
        Assert.Contains("A? two.net.lab.", read.Output, StringComparison.Ordinal);

        CommandResult unknown = await home.RunAsync("network", "capture", "net/storage", "-w", file);
        Assert.Equal(4, unknown.ExitCode);
        Assert.Contains("has no network 'storage'", unknown.Error, StringComparison.Ordinal);
    }

    private static async Task DelayedAsync(TestHome home)
    {
        Assert.Equal("net/two: delay 100ms\n", await home.OutputAsync("network", "delay", "two", "100ms"));
        string slow = await home.OutputAsync("exec", "one", "--", Ping);
        double fastest = double.Parse(slow[(slow.IndexOf("= ", StringComparison.Ordinal) + 2)..].Split('/')[0], CultureInfo.InvariantCulture);
        Assert.InRange(fastest, 200, 3_000);
        Assert.Contains("Impaired:    delay 100ms", await home.OutputAsync("info", "two"), StringComparison.Ordinal);
        Assert.Contains("two is impaired on purpose: delay 100ms", (await home.RunAsync("list")).Error, StringComparison.Ordinal);
        Assert.Equal("net: nothing is impaired\n", await home.OutputAsync("network", "heal"));
    }

    private static async Task PartedAsync(TestHome home)
    {
        await home.OutputAsync("network", "partition", "one", "two");
        Assert.Contains("100% packet loss", (await home.RunAsync("exec", "one", "--", Ping)).Output, StringComparison.Ordinal);
        Assert.Equal("two\n", await home.OutputAsync("exec", "two", "--", "hostname"));
        await home.OutputAsync("network", "heal", "two");
        Assert.Contains(" 0% packet loss", await home.OutputAsync("exec", "one", "--", Ping), StringComparison.Ordinal);
    }

    private static async Task CutAndHealedByTimeAsync(TestHome home)
    {
        Assert.StartsWith("net/two: cut off, until ", await home.OutputAsync("network", "cut", "two", "--for", "10s"), StringComparison.Ordinal);
        Assert.Contains("100% packet loss", (await home.RunAsync("exec", "one", "--", Ping)).Output, StringComparison.Ordinal);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await home.OutputAsync("info", "two")).Contains("cut off", StringComparison.Ordinal))
        {
            await Task.Delay(500, limit.Token);
        }

        Assert.Contains(" 0% packet loss", await home.OutputAsync("exec", "one", "--", Ping), StringComparison.Ordinal);
    }
}
