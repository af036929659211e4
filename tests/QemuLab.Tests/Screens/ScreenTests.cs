using System.Text.RegularExpressions;
using QemuLab.Commands;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;
using QemuLab.Integration.Tests;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Screens;

/// <summary>What verbs show on a terminal, as in the folder <c>cases/screens</c>: the real binary on terminals of 80 and 160 columns, over a lab of fakes. Needs util-linux' setsid and stty.</summary>
[Trait("Category", "golden")]
public sealed partial class ScreenTests(ScreenLab lab) : IClassFixture<ScreenLab>
{
    private static readonly Dictionary<string, string?> Coloured = new() { ["NO_COLOR"] = null }, Uncoloured = new() { ["NO_COLOR"] = "1" }, Dumb = new() { ["NO_COLOR"] = null, ["TERM"] = "dumb" };

    private const string Interrupt = "\u0003", PaintEnd = "\e[?25h";

    [Theory]
    [InlineData("list", "list")]
    [InlineData("list-wide", "list", "--wide")]
    [InlineData("info", "info", "control0")]
    [InlineData("info-failed", "info", "worker1")]
    [InlineData("why", "why", "--all")]
    [InlineData("history", "history", "control0")]
    [InlineData("events", "events", "--since", "LAUNCHED")]
    [InlineData("logs", "logs", "control0", "worker0")]
    [InlineData("diff", "diff", "changed.yaml")]
    [InlineData("plan", "plan", "lab.yaml")]
    [InlineData("network-list", "network", "list")]
    [InlineData("snapshot-list", "snapshot", "list")]
    [InlineData("top-once", "top", "--once", "--interval", "200ms")]
    [InlineData("error-machine", "start", "contrl0")]
    [InlineData("error-verb", "lanch-all")]
    [InlineData("error-state", "start", "control0")]
    [InlineData("error-file", "plan", "broken.yaml")]
    public async Task A_screen_is_as_it_was_reviewed(string name, params string[] arguments)
    {
        string[] words = [.. arguments.Select(word => word == "LAUNCHED" ? lab.LastEventOfLaunch : word)];
        string[] shown = await Task.WhenAll(ShownAsync(80, Coloured, words), ShownAsync(160, Coloured, words));

        Golden.Matches(PathOf(name, 80), Seen(shown[0], 80));
        Golden.Matches(PathOf(name, 160), Seen(shown[1], 160));
    }

    [Theory]
    [InlineData("list", "list")]
    [InlineData("logs", "logs", "control0", "worker0")]
    [InlineData("why", "why", "--all")]
    [InlineData("error-machine", "start", "contrl0")]
    public async Task Colours_are_all_that_NO_COLOR_and_a_dumb_terminal_lack(string name, params string[] arguments)
    {
        string[] shown = await Task.WhenAll(ShownAsync(80, Uncoloured, arguments), ShownAsync(160, Dumb, arguments));

        Assert.DoesNotContain('\e', string.Concat(shown));
        Assert.Equal(Colour().Replace(File.ReadAllText(PathOf(name, 80)), ""), Seen(shown[0], 80));
        Assert.Equal(Colour().Replace(File.ReadAllText(PathOf(name, 160)), ""), Seen(shown[1], 160));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("plan", "lab.yaml")]
    [InlineData("network", "list")]
    [InlineData("snapshot", "list")]
    [InlineData("history", "control0")]
    [InlineData("top", "--once", "--interval", "200ms")]
    public async Task No_line_of_a_table_is_folded_by_a_terminal_of_forty_columns(params string[] arguments)
    {
        string shown = await ShownAsync(40, Coloured, arguments);

        string table = BesideTables().Split(Seen(shown, 40)).First(part => part.Contains("NAME ", StringComparison.Ordinal) || part.Contains("STARTED ", StringComparison.Ordinal));
        Assert.DoesNotContain("↵", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(160)]
    public void What_the_doctor_says_is_folded_between_words_and_its_commands_are_not(int columns)
    {
        var findings = new DoctorFindings { Home = "/home/lab/.local/share/qemulab", Programs = new HashSet<string> { "ssh", "ssh-keygen" }, Packages = PackageTool.Apt, User = "lab", IsRoot = false, NamespaceFault = "unshare: unshare failed: Operation not permitted" };
        var screen = new Screen(columns, 24);
        screen.Write(DoctorCommand.Describe(Doctor.Checks(Fakes.Hosts.ByName["linux-x64-tcg"] with { Uefi = null }, findings), columns).ReplaceLineEndings("\r\n"));

        Golden.Matches(PathOf("doctor", columns), screen.Text());
    }

    [Theory]
    [InlineData("top", "--interval", "1s")]
    [InlineData("list", "--watch")]
    public async Task What_is_painted_in_place_stays_one_table_when_the_window_is_drawn_narrower_and_wider(params string[] arguments)
    {
        await using PseudoTerminal terminal = lab.Daemon.Show(100, 24, Coloured, arguments);
        var screen = new Screen(100, 24);
        async Task<string> paintedAsync()
        {
            screen.Write(Plain(await terminal.SeesAsync(PaintEnd)));
            return screen.Text();
        }

        string wide = await paintedAsync();
        foreach (int columns in (int[])[48, 36, 100])
        {
            terminal.Resize(columns, 24);
            screen.Resize(columns, 24);
            string painted = await paintedAsync();
            Assert.DoesNotContain("↵", painted, StringComparison.Ordinal);
            Assert.Equal(columns == 100 ? wide.Split('\n').Length : painted.Split('\n').Length, painted.Split('\n').Length);
            Assert.Single(Regex.Matches(painted, "NAME"));
        }

        terminal.Type(Interrupt);
        screen.Write(Plain(await terminal.ToEndAsync()));
        Assert.Equal(130, await terminal.EndAsync());
        Golden.Matches(PathOf($"{arguments[0]}-painted", 100), screen.Text());
    }

    [Fact]
    public async Task Thirty_machines_that_launch_are_a_board_of_those_that_are_not_ready_and_Ctrl_C_says_what_becomes_of_them()
    {
        var fakes = new FakeLab { ParallelBoots = 100, Host = Fakes.Hosts.ByName["linux-x64-tcg"] };
        await using FakeDaemon daemon = await FakeDaemon.StartAsync("name: k8s\nimage: micro\ngroups: { control: {} }\n", fakes);
        await File.WriteAllTextAsync(Path.Combine(fakes.Paths.Home, "farm.yaml"), "name: farm\nimage: micro\nnetwork: { subnet: 10.79.0.0/24 }\ngroups: { node: { count: 30, memory: 112MiB } }\n");
        (string Name, ReadinessUpdate Arrival)[] slow =
        [
            ("node3", new(BootPhase.Console, "kernel")), ("node11", new(BootPhase.Login, "cloud-init: modules-config")),
        ];
        foreach ((string name, ReadinessUpdate arrival) in slow)
        {
            (fakes.Guests[name], fakes.Arrivals[name]) = (FakeLab.Never, arrival);
        }

        await using PseudoTerminal terminal = daemon.Show(80, 24, Coloured, "launch-all", "farm.yaml");
        var screen = new Screen(80, 24);
        int paints = 0;
        do
        {
            Assert.True(paints++ < 25, screen.Text());
            screen.Write(Elapsed().Replace(Plain(await terminal.SeesAsync(PaintEnd)), Nothing));
        }
        while (!screen.Text().Contains("28 of 30", StringComparison.Ordinal) || slow.Any(one => !screen.Text().Contains($"{one.Name} ", StringComparison.Ordinal)));

        Golden.Matches(PathOf("launch-all", 80), screen.Text());
        terminal.Resize(50, 24);
        screen.Resize(50, 24);
        screen.Write(Elapsed().Replace(Plain(await terminal.SeesAsync(PaintEnd)), Nothing));
        Assert.DoesNotContain("↵", screen.Text(), StringComparison.Ordinal);
        Assert.Single(Regex.Matches(screen.Text(), "28 of 30"));

        terminal.Type(Interrupt);
        screen.Write(Elapsed().Replace(Plain(await terminal.ToEndAsync()), Nothing));
        Assert.Equal(130, await terminal.EndAsync());
        Golden.Matches(PathOf("launch-all-interrupted", 50), screen.Text());
        Assert.Equal(["k8s"], daemon.Labs.Labs.Select(one => one.Name));
    }

    private async Task<string> ShownAsync(int columns, IReadOnlyDictionary<string, string?> environment, string[] arguments)
    {
        await using PseudoTerminal terminal = lab.Daemon.Show(columns, 24, environment, arguments);
        return await terminal.ToEndAsync();
    }

    private string Seen(string shown, int columns)
    {
        var screen = new Screen(columns, 24);
        screen.Write(Plain(shown));
        return screen.Text();
    }

    /// <summary>What is another each time is replaced by something as wide.</summary>
    private string Plain(string shown)
    {
        string text = shown.Replace(lab.Daemon.Lab.Paths.Home, "/home/user/.qemulab".PadRight(lab.Daemon.Lab.Paths.Home.Length, '_')[..lab.Daemon.Lab.Paths.Home.Length], StringComparison.Ordinal);
        text = Port().Replace(ProcessId().Replace(text, "1000"), "20000");
        return Clock().Replace(Day().Replace(text, "2030-01-01"), "08:30:00");
    }

    private static string PathOf(string name, int columns) => Path.Combine(Golden.Cases, "screens", $"{name}-{columns}.txt");

    [GeneratedRegex(@"\d{4}-\d\d-\d\d(?=[ T]\d\d:)")]
    private static partial Regex Day();

    [GeneratedRegex(@"(?<![:\w])\d\d:\d\d:\d\d(?!:?\w)")]
    private static partial Regex Clock();

    [GeneratedRegex(@"(?<=Process: +)\d{4}")]
    private static partial Regex ProcessId();

    /// <summary>That leads to a machine's SSH server; another one where it is in use.</summary>
    [GeneratedRegex(@"(?<= )[23]\d{4}(?= )")]
    private static partial Regex Port();

    /// <summary>How long something takes, at the end of a line.</summary>
    [GeneratedRegex(@" +\d+s(?=\e|\r|$)")]
    private static partial Regex Elapsed();

    private static string Nothing(Match seconds) => "0s".PadLeft(seconds.Length);

    [GeneratedRegex("(?m)^(?:note|alarm|hint|warning|slower): |\n\n")]
    private static partial Regex BesideTables();

    [GeneratedRegex(@"␛\[[0-9;]*m")]
    private static partial Regex Colour();
}
