using QemuLab.Daemon;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Daemon;

/// <summary>What systemd itself says of the units. Needs systemd-analyze (package systemd), which reads files and starts nothing.</summary>
public sealed class SystemdVerifyTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => HostedDaemons.ByName.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Systemd_has_nothing_to_say_about_the_units(string name)
    {
        using var folder = new TemporaryDirectory();
        HostedDaemon daemon = HostedDaemons.ByName[name];
        string program = folder.File(Path.GetRelativePath("/", daemon.Program.Program));
        CommandResult result = await VerifyAsync(folder, daemon with { Program = daemon.Program with { Program = program }, Account = daemon.Account with { Name = "root" } }, program);

        // It ends well also where a line is unknown to it: the words count.
        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task It_looks_for_the_very_program_that_is_meant()
    {
        using var folder = new TemporaryDirectory();
        CommandResult result = await VerifyAsync(folder, HostedDaemons.ByName["user"] with { Program = new Command("/opt/50% of $it/qemulab") }, program: null);

        Assert.Contains("/opt/50% of $it/qemulab", result.Error, StringComparison.Ordinal);
    }

    private static async Task<CommandResult> VerifyAsync(TemporaryDirectory folder, HostedDaemon daemon, string? program)
    {
        if (program is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(program)!);
            File.Copy("/bin/true", program);
        }

        Directory.CreateDirectory(folder.File("units"));
        await File.WriteAllTextAsync(folder.File("units/" + SystemdUnits.Service), SystemdUnits.ServiceText(daemon), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("units/" + SystemdUnits.Socket), SystemdUnits.SocketText(daemon), TestContext.Current.CancellationToken);
        string[] scope = daemon.IsSystem ? [] : ["--user"];
        try
        {
            return await new CommandRunner().RunAsync(new Command("systemd-analyze", [.. scope, "--man=no", "verify", folder.File("units/" + SystemdUnits.Service), folder.File("units/" + SystemdUnits.Socket)])
            {
                TimeLimit = TimeSpan.FromSeconds(60),
                Environment = new Dictionary<string, string?> { ["XDG_RUNTIME_DIR"] = folder.Path, ["HOME"] = folder.Path, ["XDG_CONFIG_HOME"] = null, ["XDG_DATA_HOME"] = null },
            });
        }
        catch (CommandNotFoundException)
        {
            Assert.Skip("there is no systemd-analyze here: package systemd");
            throw;
        }
    }
}
