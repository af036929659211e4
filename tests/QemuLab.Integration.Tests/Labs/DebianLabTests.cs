using System.Globalization;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>A machine of the Debian image that is built here: systemd, cloud-init and sudo as users expect them. Needs the packages of its builder.</summary>
public sealed class DebianLabTests
{
    private const string Lab = """
        name: deb
        image: debian-12-local
        groups:
          box:
            cpus: 2
            memory: 1GiB
            disk: 6GiB
            userData:
              write_files:
                - path: /etc/motd.d/lab
                  permissions: "0640"
                  content: |
                    written by cloud-init
              runcmd:
                - hostname > /root/name-at-first-boot
        """;

    [Fact(Timeout = 600_000)]
    public async Task A_Debian_machine_comes_up_whole_and_as_its_user_data_asks()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", Lab);

        CommandResult launch = await new CommandRunner().RunAsync(home.Describe("launch-all", lab) with { TimeLimit = TimeSpan.FromMinutes(9) });
        Assert.True(launch.Succeeded, launch.Output + launch.Error);

        Assert.Contains("status: done", await GuestAsync(home, "cloud-init status --wait"), StringComparison.Ordinal);
        Assert.Equal("box\n", await GuestAsync(home, "hostname"));
        Assert.Equal("box\n", await GuestAsync(home, "sudo -n cat /root/name-at-first-boot"));
        Assert.Equal("written by cloud-init\n", await GuestAsync(home, "sudo -n cat /etc/motd.d/lab"));
        Assert.Equal("640\n", await GuestAsync(home, "stat -c %a /etc/motd.d/lab"));
        Assert.Equal("2\n", await GuestAsync(home, "nproc"));
        Assert.Equal("", await GuestAsync(home, "systemctl --failed --no-legend --plain"));
        Assert.Contains("1 received", await GuestAsync(home, "ping -c1 -W5 box"), StringComparison.Ordinal);
        Assert.Contains("1 received", await GuestAsync(home, "ping -c1 -W5 box.deb.lab"), StringComparison.Ordinal);

        long root = long.Parse(await GuestAsync(home, "df --block-size=1 --output=size / | tail -n1"), CultureInfo.InvariantCulture);
        Assert.True(root > ImageSize(home) && root > 5L << 30, $"the root file system has {root} bytes, the image {ImageSize(home)}");

        await home.OutputAsync("down", "--purge", "--yes");
        Assert.Empty(home.Processes());
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
