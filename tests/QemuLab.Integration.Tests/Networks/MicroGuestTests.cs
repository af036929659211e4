using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>
/// The rootless network under two real guests. Needs qemu-system-x86_64, qemu-img, genisoimage, ssh, and what the micro
/// image is built with.
/// </summary>
public sealed class MicroGuestTests(ITestOutputHelper output)
{
    [Fact(Timeout = 180_000)]
    public async Task Two_guests_reach_each_other_the_host_and_are_reached_and_a_killed_switch_heals_under_them()
    {
        await MicroGuest.EnsureImageAsync();
        await using var network = new TestNetwork();
        await network.BringUpAsync();
        MicroGuest one = new(network, "one", 11), two = new(network, "two", 12);
        try
        {
            await Task.WhenAll(one.StartAsync(), two.StartAsync());
            Assert.Equal("one", await one.SshAsync("hostname"));
            Assert.Equal("two", await two.SshAsync("hostname"));
            await two.SshAsync("until wget -q -O /dev/null http://127.0.0.1/; do sleep 0.2; done");

            Assert.Contains("0% packet loss", await one.SshAsync($"ping -c 3 -i 0.2 {two.Address}"), StringComparison.Ordinal);
            Assert.Equal("20", await FetchAsync(one, two));
            await TheHostIsReachedAsync(network, one);
            await MeasureAsync(network, one, two);
            await TheSwitchHealsAsync(network, one, two);
            Assert.Equal("20", await FetchAsync(one, two));
        }
        finally
        {
            one.Kill();
            two.Kill();
        }
    }

    /// <summary>How many of 20 fetches brought the page.</summary>
    private static Task<string> FetchAsync(MicroGuest from, MicroGuest to) => from.SshAsync(
        $"n=0; for i in $(seq 20); do [ \"$(wget -q -O - http://{to.Address}/)\" = 'page of two' ] && n=$((n+1)); done; echo $n");

    private static async Task TheHostIsReachedAsync(TestNetwork network, MicroGuest guest)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<string> fetched = guest.SshAsync($"wget -q -O - http://{network.Plan.Gateway}:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        using TcpClient client = await listener.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await client.GetStream().ReadExactlyAsync(new byte[16]);
        await client.GetStream().WriteAsync("HTTP/1.0 200 OK\r\nContent-Length: 8\r\n\r\nthe host"u8.ToArray());
        Assert.Equal("the host", await fetched);
    }

    private async Task MeasureAsync(TestNetwork network, MicroGuest from, MicroGuest to)
    {
        for (int round = 0; round < 3; round++)
        {
            string times = await from.SshAsync($"s=$(cut -d' ' -f1 /proc/uptime); wget -q -O - http://{to.Address}/big | wc -c; e=$(cut -d' ' -f1 /proc/uptime); echo $s $e");
            string[] parts = times.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal($"{24 << 20}", parts[0]);
            double seconds = double.Parse(parts[2], CultureInfo.InvariantCulture) - double.Parse(parts[1], CultureInfo.InvariantCulture);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"24 MiB guest to guest: {seconds:0.00} s, {24 / seconds:0.0} MiB/s"));
        }

        foreach (SwitchPortStatus port in await network.Switch.ListAsync())
        {
            PortCounters c = port.Counters;
            output.WriteLine($"{port.Name}: in {c.FramesIn} frames {c.BytesIn} bytes, out {c.FramesOut} frames {c.BytesOut} bytes, drops {c.Drops}");
        }

        output.WriteLine(Cost(network.SwitchProcess.ProcessId, "switch"));
        output.WriteLine(Cost(network.UplinkProcess.ProcessId, "uplink"));
    }

    private async Task TheSwitchHealsAsync(TestNetwork network, MicroGuest one, MicroGuest two)
    {
        network.SwitchProcess.Kill();
        long killed = Stopwatch.GetTimestamp();
        await network.BringUpAsync();
        TimeSpan up = Stopwatch.GetElapsedTime(killed);
        await one.SshAsync("true");
        TimeSpan login = Stopwatch.GetElapsedTime(killed);
        Assert.Equal("page of two", await one.SshAsync($"wget -q -O - http://{two.Address}/"));
        TimeSpan fetch = Stopwatch.GetElapsedTime(killed);
        output.WriteLine($"switch killed: {up.TotalSeconds:0.00} s to its successor, {login.TotalSeconds:0.00} s to a login, {fetch.TotalSeconds:0.00} s to a fetch between guests");
    }

    private static string Cost(int pid, string name)
    {
        string rss = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal));
        string[] stat = File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ');
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{name}: {rss}, CPU user {stat[11]} system {stat[12]} (1/100 s)");
        return text.ToString();
    }
}
