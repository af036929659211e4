using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>systemd, of the host or of a user's session. See systemctl(1).</summary>
/// <param name="runner">Runs systemctl.</param>
/// <param name="userUnits">Where the user's own units are.</param>
/// <param name="systemUnits">Where the administrator's are.</param>
internal sealed class Systemd(ICommandRunner runner, string userUnits, string systemUnits = "/etc/systemd/system") : InitSystem(runner)
{
    private static readonly string[] Units = [SystemdUnits.Socket, SystemdUnits.Service];

    public override string Name => "systemd";

    public override bool HoldsSocket => true;

    /// <summary>The user's units are where XDG says.</summary>
    public static string UserUnits(HostAccount account, Func<string, string?> environment) =>
        Path.Combine(environment("XDG_CONFIG_HOME") is { Length: > 0 } config ? config : Path.Combine(account.Home, ".config"), "systemd", "user");

    public override IReadOnlyList<HostedFile> FilesFor(HostedDaemon daemon)
    {
        string folder = daemon.IsSystem ? systemUnits : userUnits;
        return
        [
            new HostedFile(Path.Combine(folder, SystemdUnits.Socket), SystemdUnits.SocketText(daemon), SystemdUnits.Marker),
            new HostedFile(Path.Combine(folder, SystemdUnits.Service), SystemdUnits.ServiceText(daemon), SystemdUnits.Marker),
        ];
    }

    public override IReadOnlyList<Command> BeforeRewriting(bool isSystem) => [Control(isSystem, ["stop", .. Units])];

    public override IReadOnlyList<Command> AfterWriting(bool isSystem) => [Control(isSystem, ["daemon-reload"]), Control(isSystem, ["enable", "--now", .. Units])];

    public override IReadOnlyList<Command> BeforeRemoving(bool isSystem) => [Control(isSystem, ["disable", "--now", .. Units])];

    public override IReadOnlyList<Command> AfterRemoving(bool isSystem) => [Control(isSystem, ["daemon-reload"])];

    public override Command Ask(bool isSystem) => Control(isSystem, ["show", "--property=Version"]);

    public override string? HomeOf(IReadOnlyList<HostedFile> files) => Path.GetDirectoryName(ValueOf(files, "ListenStream="));

    public override string? UserOf(IReadOnlyList<HostedFile> files) => ValueOf(files, "User=");

    public override string? Advice(HostedDaemon daemon) => daemon.IsSystem || File.Exists(Path.Combine("/var/lib/systemd/linger", daemon.Account.Name))
        ? null
        : "with your last session systemd ends all that it runs for you, machines too; to let them go on, and to have the daemon from the host's start on: loginctl enable-linger";

    public override async Task<HostedState> LookAsync(bool isSystem)
    {
        CommandResult shown = await Runner.RunAsync(Control(isSystem, ["show", "--property=Id,ActiveState,SubState,UnitFileState,MainPID", .. Units]));
        Dictionary<string, Dictionary<string, string>> units = Parse(shown.Output);
        Dictionary<string, string> socket = units.GetValueOrDefault(SystemdUnits.Socket, []), service = units.GetValueOrDefault(SystemdUnits.Service, []);
        return new HostedState(
            Enabled: socket.GetValueOrDefault("UnitFileState") == "enabled" && service.GetValueOrDefault("UnitFileState") == "enabled",
            Listening: socket.GetValueOrDefault("ActiveState") == "active",
            State: service.TryGetValue("ActiveState", out string? active) ? $"{active} ({service.GetValueOrDefault("SubState")})" : "unknown",
            ProcessId: int.TryParse(service.GetValueOrDefault("MainPID"), CultureInfo.InvariantCulture, out int pid) && pid > 0 ? pid : null);
    }

    /// <summary>Of a setting that takes the rest of the line.</summary>
    private static string? ValueOf(IReadOnlyList<HostedFile> files, string setting) => files
        .SelectMany(file => (file.Present ?? "").Split('\n'))
        .Where(line => line.StartsWith(setting, StringComparison.Ordinal))
        .Select(line => SystemdText.FromLine(line[setting.Length..]))
        .FirstOrDefault();

    /// <summary>Blocks of NAME=VALUE lines, by the name of their unit.</summary>
    private static Dictionary<string, Dictionary<string, string>> Parse(string output) => output
        .Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(block => block.Split('\n').Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0].Trim(), parts => parts[1]))
        .Where(block => block.ContainsKey("Id"))
        .ToDictionary(block => block["Id"]);

    private static Command Control(bool isSystem, IReadOnlyList<string> arguments) =>
        new("systemctl", [.. isSystem ? (string[])[] : ["--user"], .. arguments]) { TimeLimit = TimeSpan.FromMinutes(5) };
}
