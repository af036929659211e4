using QemuLab.Daemon;
using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Daemon;

/// <summary>The daemon as different people would install it, by the name of its golden case.</summary>
internal static class HostedDaemons
{
    private static readonly HostAccount Ann = new("ann", 1000, 1000, "/home/ann"), Root = new("root", 0, 0, "/root");

    public static IReadOnlyDictionary<string, HostedDaemon> ByName { get; } = new Dictionary<string, HostedDaemon>
    {
        ["user"] = HostedDaemon.OfUser(new Command("/usr/bin/qemulab"), Ann.DefaultPaths, Ann, Nothing),
        ["user-odd-paths"] = HostedDaemon.OfUser(
            new Command("/opt/100% $HOME ${x} of it/dotnet", "/opt/a \"b\" 'c' \\d $e 5%/qemulab.dll"),
            new StatePaths("/srv/50% \"of\" $ann's \\labs"),
            Ann,
            name => name switch { "XDG_CONFIG_HOME" => "/home/ann/my config", "DOTNET_ROOT" => "/opt/dotnet", _ => null }),
        ["system-user"] = HostedDaemon.OfHost(new Command("/usr/bin/qemulab"), Ann, Nothing),
        ["system-root"] = HostedDaemon.OfHost(new Command("/usr/bin/qemulab"), Root, name => name == "QEMULAB_HOME" ? "/srv/labs" : null),
    };

    private static string? Nothing(string name) => null;
}
