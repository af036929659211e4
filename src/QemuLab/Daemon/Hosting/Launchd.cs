using System.Globalization;
using System.Text.RegularExpressions;
using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>launchd, of the Mac or of a user's session. Not verified on a Mac. See launchctl(1).</summary>
/// <param name="runner">Runs launchctl.</param>
/// <param name="account">Whose session it is.</param>
/// <param name="systemJobs">Where the administrator's jobs are.</param>
internal sealed partial class Launchd(ICommandRunner runner, HostAccount account, string systemJobs = "/Library/LaunchDaemons") : InitSystem(runner)
{
    public override string Name => "launchd";

    public override bool HoldsSocket => false;

    public override IReadOnlyList<HostedFile> FilesFor(HostedDaemon daemon) => [new HostedFile(PathOf(daemon.IsSystem), LaunchdPlist.TextFor(daemon), LaunchdPlist.Marker)];

    public override IReadOnlyList<Command> BeforeRewriting(bool isSystem) => [Control("bootout", Job(isSystem))];

    public override IReadOnlyList<Command> AfterWriting(bool isSystem) => [Control("enable", Job(isSystem)), Control("bootstrap", Domain(isSystem), PathOf(isSystem))];

    public override IReadOnlyList<Command> BeforeRemoving(bool isSystem) => [Control("bootout", Job(isSystem))];

    public override IReadOnlyList<Command> AfterRemoving(bool isSystem) => [];

    public override Command Ask(bool isSystem) => Control("print", Domain(isSystem));

    public override string? HomeOf(IReadOnlyList<HostedFile> files) => null;

    public override string? UserOf(IReadOnlyList<HostedFile> files) => null;

    public override string? Advice(HostedDaemon daemon) => null;

    public override async Task<HostedState> LookAsync(bool isSystem)
    {
        CommandResult shown = await Runner.RunAsync(Control("print", Job(isSystem)));
        return new HostedState(
            Enabled: shown.Succeeded,
            Listening: false,
            State: State().Match(shown.Output) is { Success: true } state ? state.Groups[1].Value : "unknown",
            ProcessId: ProcessId().Match(shown.Output) is { Success: true } pid ? int.Parse(pid.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null);
    }

    private string PathOf(bool isSystem) => Path.Combine(isSystem ? systemJobs : Path.Combine(account.Home, "Library", "LaunchAgents"), LaunchdPlist.Label + ".plist");

    private string Domain(bool isSystem) => isSystem ? "system" : string.Create(CultureInfo.InvariantCulture, $"gui/{account.Id}");

    private string Job(bool isSystem) => $"{Domain(isSystem)}/{LaunchdPlist.Label}";

    private static Command Control(params string[] arguments) => new("launchctl", arguments) { TimeLimit = TimeSpan.FromMinutes(1) };

    [GeneratedRegex(@"^\s*state = (.+)$", RegexOptions.Multiline)]
    private static partial Regex State();

    [GeneratedRegex(@"^\s*pid = (\d+)$", RegexOptions.Multiline)]
    private static partial Regex ProcessId();
}
