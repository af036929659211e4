using System.Net.Sockets;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Daemon;

/// <summary>Install and uninstall with a systemctl that only writes down what it is asked.</summary>
public sealed class DaemonInstallationTests : IDisposable
{
    private readonly TemporaryDirectory folder = new();
    private readonly List<(string Home, bool Hosted)> ended = [];
    private Func<Command, CommandResult> answer = _ => RecordingRunner.Output("Version=252");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_install_writes_both_units_and_starts_them_and_the_second_one_changes_nothing()
    {
        HostedDaemon daemon = Daemon();
        RecordingRunner systemctl = new(command => answer(command));

        Assert.Equal([FileChange.Written, FileChange.Written], await InstallAsync(systemctl, daemon));
        Assert.Equal(SystemdUnits.ServiceText(daemon), await File.ReadAllTextAsync(Unit(SystemdUnits.Service), TestContext.Current.CancellationToken));
        Assert.Equal(SystemdUnits.SocketText(daemon), await File.ReadAllTextAsync(Unit(SystemdUnits.Socket), TestContext.Current.CancellationToken));
        Assert.Equal([(daemon.Paths.Home, true)], ended);
        Assert.Equal(
            ["systemctl --user show --property=Version", "systemctl --user daemon-reload", "systemctl --user enable --now qemulab.socket qemulab.service"],
            systemctl.Commands.Select(command => command.ToString()));

        Assert.Equal([FileChange.Unchanged, FileChange.Unchanged], await InstallAsync(systemctl, daemon));
        Assert.Equal((daemon.Paths.Home, false), ended[^1]);
        Assert.DoesNotContain(systemctl.Commands, command => command.Arguments.Contains("stop"));
    }

    [Fact]
    public async Task An_older_unit_of_ours_is_stopped_and_rewritten()
    {
        RecordingRunner systemctl = new(command => answer(command));
        await InstallAsync(systemctl, Daemon());

        Assert.Equal([FileChange.Unchanged, FileChange.Rewritten], await InstallAsync(systemctl, Daemon() with { Program = new Command("/usr/local/bin/qemulab") }));

        string[] lines = [.. systemctl.Commands.Skip(3).Select(command => command.ToString())];
        Assert.Equal(["systemctl --user stop qemulab.socket qemulab.service", "systemctl --user daemon-reload"], lines[1..3]);
    }

    [Fact]
    public async Task A_unit_that_somebody_else_wrote_is_left_alone_by_both()
    {
        Write(SystemdUnits.Service, "[Service]\nExecStart=/bin/true\n");
        RecordingRunner systemctl = new(command => answer(command));

        Assert.Equal("unit-foreign", (await Assert.ThrowsAsync<QemuLabException>(() => InstallAsync(systemctl, Daemon()))).Code);
        Assert.Equal("unit-foreign", (await Assert.ThrowsAsync<QemuLabException>(() => Installation(systemctl).UninstallAsync(Daemon()))).Code);

        Assert.Empty(systemctl.Commands);
        Assert.Empty(ended);
        Assert.False(File.Exists(Unit(SystemdUnits.Socket)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_systemd_nothing_is_written_and_the_error_says_so(bool isInstalled)
    {
        RecordingRunner systemctl = new(command => isInstalled ? RecordingRunner.Failure("Failed to connect to bus: No medium found\n") : throw new CommandNotFoundException(command.Program));

        var error = await Assert.ThrowsAsync<QemuLabException>(() => InstallAsync(systemctl, Daemon()));

        Assert.Equal("init-absent", error.Code);
        Assert.Contains("nothing was written", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("units")));
        Assert.Empty(ended);
    }

    [Fact]
    public async Task A_refusal_after_the_writing_names_what_was_written()
    {
        answer = command => command.Arguments.Contains("enable") ? RecordingRunner.Failure("Job for qemulab.service failed.") : RecordingRunner.Output("");

        var error = await Assert.ThrowsAsync<QemuLabException>(() => InstallAsync(new(command => answer(command)), Daemon()));

        Assert.Equal("init-refused", error.Code);
        Assert.Contains(Unit(SystemdUnits.Service), error.Message, StringComparison.Ordinal);
        Assert.Contains("Job for qemulab.service failed.", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Unit(SystemdUnits.Service)));
    }

    [Fact]
    public async Task A_daemon_that_is_at_work_stays_and_nothing_is_written()
    {
        var installation = new DaemonInstallation(
            new Systemd(new RecordingRunner(), folder.File("units")), new RecordingRunner(), (_, _) => throw new QemuLabException(ErrorKind.Conflict, "daemon-busy", "a lab is being changed"));

        Assert.Equal("daemon-busy", (await Assert.ThrowsAsync<QemuLabException>(() => installation.InstallAsync(Daemon()))).Code);
        Assert.False(Directory.Exists(folder.File("units")));
    }

    [Fact]
    public async Task A_home_that_somebody_else_listens_for_is_refused()
    {
        Directory.CreateDirectory(Daemon().Paths.Home);
        using Socket other = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(Daemon().Paths.DaemonSocket));
        other.Listen();

        Assert.Equal("socket-taken", (await Assert.ThrowsAsync<QemuLabException>(() => InstallAsync(new RecordingRunner(), Daemon()))).Code);
        Assert.False(Directory.Exists(folder.File("units")));
    }

    [Fact]
    public async Task The_home_of_another_user_is_made_by_that_user()
    {
        var runner = new RecordingRunner();
        HostedDaemon daemon = Daemon() with { IsSystem = true, Account = new HostAccount("ann", 4321, 4322, folder.File("ann")) };

        await InstallAsync(runner, daemon);

        Assert.Equal(
            ["--reuid=4321", "--regid=4322", "--init-groups", "--", "mkdir", "-p", "-m", "700", daemon.Paths.Home],
            runner.Commands.Single(command => command.Program == "setpriv").Arguments);
        Assert.Equal("systemctl enable --now qemulab.socket qemulab.service", runner.Commands[^1].ToString());
        Assert.True(File.Exists(folder.File("system/" + SystemdUnits.Socket)));
    }

    [Fact]
    public async Task An_uninstall_removes_what_was_written_and_nothing_else()
    {
        RecordingRunner systemctl = new(command => answer(command));
        await InstallAsync(systemctl, Daemon());
        Write("other.service", "[Service]\n");

        Assert.Equal(2, (await Installation(systemctl).UninstallAsync(Daemon())).Count);

        Assert.Equal([Unit("other.service")], Directory.GetFiles(folder.File("units")));
        Assert.Equal(
            ["systemctl --user disable --now qemulab.socket qemulab.service", "systemctl --user daemon-reload"],
            systemctl.Commands.TakeLast(2).Select(command => command.ToString()));
        Assert.Empty(await Installation(systemctl).UninstallAsync(Daemon()));
    }

    [Fact]
    public async Task Where_all_is_as_it_should_be_systemd_is_only_asked()
    {
        RecordingRunner systemctl = new(command => answer(command));
        await InstallAsync(systemctl, Daemon());
        answer = _ => RecordingRunner.Output("Id=qemulab.socket\nActiveState=active\nUnitFileState=enabled\n\nId=qemulab.service\nActiveState=inactive\nUnitFileState=enabled\n");

        Assert.Equal([FileChange.Unchanged, FileChange.Unchanged], await InstallAsync(systemctl, Daemon()));

        Assert.All(systemctl.Commands.Skip(3), command => Assert.Equal("show", command.Arguments[1]));
    }

    [Theory]
    [InlineData("show", "init-absent")]
    [InlineData("disable", "init-refused")]
    public async Task An_uninstall_that_systemd_does_not_hear_removes_the_files_and_says_so(string failing, string code)
    {
        RecordingRunner systemctl = new(command => answer(command));
        await InstallAsync(systemctl, Daemon());
        answer = command => command.Arguments.Contains(failing) ? RecordingRunner.Failure("Connection refused") : RecordingRunner.Output("");

        var error = await Assert.ThrowsAsync<QemuLabException>(() => Installation(systemctl).UninstallAsync(Daemon()));

        Assert.Equal(code, error.Code);
        Assert.Contains("Connection refused", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.File("units")));
    }

    [Fact]
    public async Task A_unit_that_systemd_never_loaded_is_rewritten_all_the_same()
    {
        RecordingRunner systemctl = new(command => answer(command));
        await InstallAsync(systemctl, Daemon());
        answer = command => command.Arguments.Contains("stop") ? RecordingRunner.Failure("Unit qemulab.socket not loaded.") : RecordingRunner.Output("");

        Assert.Equal([FileChange.Unchanged, FileChange.Rewritten], await InstallAsync(systemctl, Daemon() with { Program = new Command("/usr/local/bin/qemulab") }));
    }

    private HostedDaemon Daemon()
    {
        var me = HostAccount.Current(name => name == "HOME" ? folder.Path : null);
        return HostedDaemon.OfUser(new Command("/usr/bin/qemulab"), new StatePaths(folder.File("h 50%")), me, _ => null);
    }

    private DaemonInstallation Installation(RecordingRunner runner) =>
        new(new Systemd(runner, folder.File("units"), folder.File("system")), runner, (paths, hosted) => ended.Add((paths.Home, hosted)));

    private async Task<FileChange[]> InstallAsync(RecordingRunner runner, HostedDaemon daemon) =>
        [.. (await Installation(runner).InstallAsync(daemon)).Select(file => file.Change)];

    private string Unit(string name) => folder.File("units/" + name);

    private void Write(string unit, string text)
    {
        Directory.CreateDirectory(folder.File("units"));
        File.WriteAllText(Unit(unit), text);
    }
}
