using QemuLab.Daemon;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Daemon;

/// <summary>What systemd and launchd are asked and told, and how they are understood.</summary>
public class InitSystemTests
{
    [Fact]
    public async Task What_systemd_makes_of_the_units_is_read_from_its_properties()
    {
        var systemd = new Systemd(
            new RecordingRunner(_ => RecordingRunner.Output("Id=qemulab.socket\nActiveState=active\nSubState=running\nUnitFileState=enabled\n\nMainPID=4711\nId=qemulab.service\nActiveState=active\nSubState=running\nUnitFileState=enabled\n")),
            "/nowhere");

        Assert.Equal(new HostedState(true, true, "active (running)", 4711), await systemd.LookAsync(isSystem: false));
    }

    [Fact]
    public async Task Launchd_is_told_by_domain_and_job()
    {
        var launchctl = new RecordingRunner();
        using var folder = new TemporaryDirectory();
        var account = HostAccount.Current(_ => folder.Path);
        var daemon = new HostedDaemon(new Command("/usr/bin/qemulab"), new StatePaths(folder.File("h")), account, IsSystem: false);
        var installation = new DaemonInstallation(new Launchd(launchctl, account with { Id = 501 }), launchctl, (_, _) => { });

        Assert.Single(await installation.InstallAsync(daemon));
        string job = folder.File("Library/LaunchAgents/qemulab.plist");
        Assert.Equal(LaunchdPlist.TextFor(daemon), await File.ReadAllTextAsync(job, TestContext.Current.CancellationToken));
        await installation.UninstallAsync(daemon);

        Assert.False(File.Exists(job));
        Assert.Equal(
            ["launchctl print gui/501", "launchctl enable gui/501/qemulab", $"launchctl bootstrap gui/501 {job}", "launchctl print gui/501", "launchctl bootout gui/501/qemulab"],
            launchctl.Commands.Select(command => command.ToString()));
    }
}
