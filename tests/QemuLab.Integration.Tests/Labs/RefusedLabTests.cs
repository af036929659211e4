using System.Net.Sockets;
using System.Text.RegularExpressions;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>What goes wrong before a machine could start, as the real binary tells it. Boots nothing.</summary>
public sealed partial class RefusedLabTests
{
    [Fact(Timeout = 60_000)]
    public async Task Ten_faults_are_ten_lines_with_their_places()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", """
            name: Bad_Name
            image: no-such-image
            colour: blue
            network: { subnet: 10.0.0.0/33 }
            defaults:
              cpus: none
              memory: lots
            groups:
              a: { count: -1 }
              b: { address: 10.0.0.300 }
              c: { ports: ["http"] }
              d: { disk: huge }
            """);

        CommandResult launch = await home.RunAsync("launch-all", lab);

        Assert.Equal(2, launch.ExitCode);
        Assert.Equal("", launch.Output);
        string[] lines = launch.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches(Place(), line));
        Assert.All(lines, line => Assert.StartsWith(lab + ":", line, StringComparison.Ordinal));
        Assert.Equal(10, lines.Length);
        Assert.False(Directory.Exists(Path.Combine(home.Path, "labs")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lab_that_this_host_has_no_memory_for_is_refused_and_nothing_is_touched()
    {
        await using var home = new TestHome();
        string lab = home.Write("lab.yaml", """
            name: huge
            image: micro
            groups:
              web: { count: 3, memory: 500GiB }
            """);

        CommandResult launch = await home.RunAsync("launch-all", lab);

        Assert.Equal(1, launch.ExitCode);
        Assert.Contains("3 machines of 500GiB need ", launch.Error, StringComparison.Ordinal);
        Assert.Contains("are free: none of them fits", launch.Error, StringComparison.Ordinal);
        Assert.Contains("MiB for each would fit", launch.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(home.Path, "labs", "huge")));
        Assert.Contains("a launch will be refused: 3 machines of 500GiB", (await home.RunAsync("plan", lab)).Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_dead_daemon_left_at_its_socket_is_replaced(bool isSocket)
    {
        await using var home = new TestHome();
        string path = Path.Combine(home.Path, "daemon.sock");
        if (isSocket)
        {
            using Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            dead.Bind(new UnixDomainSocketEndPoint(path + ".dead"));
            File.Move(path + ".dead", path); // closing the socket removes the name that it was bound to
        }
        else
        {
            File.WriteAllText(path, "not a socket");
        }

        Assert.True(File.Exists(path));
        Assert.Equal("[]", (await home.OutputAsync("list", "--json")).Trim());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_home_whose_path_is_too_long_for_a_socket_is_told()
    {
        await using var home = new TestHome();
        Command list = home.Describe("list");

        CommandResult refused = await new CommandRunner().RunAsync(list with
        {
            Environment = new Dictionary<string, string?>(list.Environment) { ["QEMULAB_HOME"] = Path.Combine(home.Path, new string('x', 120)) },
        });

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("bytes that a Unix socket may have", refused.Error, StringComparison.Ordinal);
        Assert.Contains("QEMULAB_HOME", refused.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_launch_without_a_file_where_there_is_none_names_the_samples()
    {
        await using var home = new TestHome();

        CommandResult refused = await home.RunAsync("launch-all");

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("cloud-init/lab.yaml", refused.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^.+:[0-9]+:[0-9]+: .+$")]
    private static partial Regex Place();
}
