using System.Globalization;
using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Integration.Tests.Networks;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>A machine of the Debian image that is built here: systemd, cloud-init and sudo as users expect them. Needs the packages of its builder.</summary>
public sealed class DebianLabTests
{
    private const string Lab = """
        name: deb
        image: micro
        network:
          mode: bridge
          subnet: 10.77.0.0/24
          ipv6: fd12:3456:789a:1::/64
          mtu: 1400
          records: { "*.apps": 10.77.0.11 }
          routes: [{ to: 10.200.0.0/16, via: peer }]
        networks:
          storage: { mode: isolated, subnet: 10.78.0.0/24 }
        groups:
          box:
            image: debian-12-local
            cpus: 2
            memory: 1GiB
            disk: 6GiB
            address: 10.77.0.10
            networks: [{ name: storage }]
            userData:
              write_files:
                - path: /etc/motd.d/lab
                  permissions: "0640"
                  content: |
                    written by cloud-init
              runcmd:
                - hostname > /root/name-at-first-boot
          peer: { memory: 128MiB, address: 10.77.0.11, networks: [{ name: storage }] }
        """;

    [Fact(Timeout = 900_000)]
    public async Task A_Debian_machine_comes_up_whole_as_its_user_data_asks_with_its_NICs_names_and_routes_on_a_bridge()
    {
        // Inside there is no way to a package mirror.
        await using (var outside = new TestHome())
        {
            foreach (string image in (string[])["debian-12-local", "micro"])
            {
                CommandResult built = await new CommandRunner().RunAsync(outside.Describe("image", "pull", image) with { TimeLimit = TimeSpan.FromMinutes(9) });
                Assert.True(built.Succeeded, built.Output + built.Error);
            }
        }

        await using NetworkNamespace host = await NetworkNamespace.CreateAsync();
        await using var home = new TestHome(runner: host);
        string lab = home.Write("lab.yaml", Lab);

        CommandResult launch = await host.RunAsync(home.Describe("launch-all", lab) with { TimeLimit = TimeSpan.FromMinutes(9) });
        Assert.True(launch.Succeeded, launch.Output + launch.Error);

        await SystemAsync(home);
        await NetworkAsync(home);
        Assert.Equal("deb/still: 2 machines, disks only, file systems of 1 frozen\n", await home.OutputAsync("snapshot", "create", "still", "--disk-only"));
        Assert.Contains("guest-fsfreeze called", await GuestAsync(home, "sudo -n journalctl -t qemu-ga --no-pager"), StringComparison.Ordinal);

        await NobodyIsLetInAsync(home);

        await home.OutputAsync("down", "--purge", "--yes");
        Assert.Empty(home.Processes());
    }

    /// <summary>What cloud-init, systemd and sudo have made of it.</summary>
    private static async Task SystemAsync(TestHome home)
    {
        Assert.Contains("status: done", await GuestAsync(home, "cloud-init status --wait"), StringComparison.Ordinal);
        Assert.Equal("box\nbox\n", await GuestAsync(home, "hostname; sudo -n cat /root/name-at-first-boot"));
        Assert.Equal("written by cloud-init\n640\n", await GuestAsync(home, "sudo -n cat /etc/motd.d/lab; stat -c %a /etc/motd.d/lab"));
        Assert.Equal("2\n", await GuestAsync(home, "nproc"));
        Assert.Equal("", await GuestAsync(home, "systemctl --failed --no-legend --plain"));
        long root = long.Parse(await GuestAsync(home, "df --block-size=1 --output=size / | tail -n1"), CultureInfo.InvariantCulture);
        Assert.True(root > ImageSize(home) && root > 5L << 30, $"the root file system has {root} bytes, the image {ImageSize(home)}");
    }

    private static async Task NetworkAsync(TestHome home)
    {
        CommandResult check = await home.RunAsync("network", "check");
        Assert.True(check.Succeeded, check.Output + check.Error);
        Assert.Contains("fd12:3456:789a:1::a/64", await GuestAsync(home, "ip -o -6 address show dev eth0"), StringComparison.Ordinal);
        Assert.Equal("1400\n", await GuestAsync(home, "cat /sys/class/net/eth0/mtu"));
        Assert.Contains("via 10.77.0.11 dev eth0", await GuestAsync(home, "ip route get 10.200.0.1"), StringComparison.Ordinal);
        Assert.Equal("1\n", await GuestAsync(home, "ip route show default | wc -l"));
        Assert.StartsWith("10.77.0.11 ", await GuestAsync(home, "getent ahostsv4 web.apps.deb.lab"), StringComparison.Ordinal);
        Assert.Contains("peer.deb.lab", await GuestAsync(home, "getent hosts 10.77.0.11"), StringComparison.Ordinal);
        foreach (string ping in (string[])["-6 -W9 fd12:3456:789a:1::1", "-W5 box", "-W5 box.deb.lab"])
        {
            Assert.Contains("1 received", await GuestAsync(home, $"ping -c1 {ping}"), StringComparison.Ordinal);
        }
    }

    /// <summary>A boot whose SSH server answers, and whose pam_nologin turns everybody away: it is not ready, and why says so.</summary>
    private static async Task NobodyIsLetInAsync(TestHome home)
    {
        // Without it systemd's own /run/nologin stays.
        await GuestAsync(home, "sudo -n systemctl mask systemd-user-sessions.service");
        await home.OutputAsync("restart", "box", "--no-wait");
        JsonElement why;
        do
        {
            await Task.Delay(1000, TestContext.Current.CancellationToken);
            why = JsonDocument.Parse(await home.OutputAsync("why", "box", "--json")).RootElement[0];
            Assert.NotEqual("Ready", why.GetProperty("phase").GetString());
        }
        while (why.GetProperty("findings").EnumerateArray().FirstOrDefault() is not { ValueKind: JsonValueKind.Object } first || first.GetProperty("code").GetString() != "pam-nologin");
        Assert.Contains("System is booting up. Unprivileged users are not permitted to log in yet.", await home.OutputAsync("why", "box"), StringComparison.Ordinal);
    }

    private static Task<string> GuestAsync(TestHome home, string command) => home.OutputAsync("exec", "box", "--", command);

    /// <summary>As the disk of the image is, before a machine's own is made over it.</summary>
    private static long ImageSize(TestHome home)
    {
        string description = Directory.GetFiles(Path.Combine(home.Path, "images", "debian-12-local"), "image.json", SearchOption.AllDirectories)[0];
        using JsonDocument image = JsonDocument.Parse(File.ReadAllText(description));
        return image.RootElement.GetProperty("virtualSizeBytes").GetInt64();
    }
}
