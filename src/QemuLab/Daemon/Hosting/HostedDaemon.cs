using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>The daemon as systemd or launchd is told to run it.</summary>
/// <param name="Program">How to run this very program.</param>
/// <param name="Paths">The home that it serves.</param>
/// <param name="Account">The user that it runs as.</param>
/// <param name="IsSystem">Of the whole host, from its start on; else of the user's session.</param>
internal sealed record HostedDaemon(Command Program, StatePaths Paths, HostAccount Account, bool IsSystem)
{
    /// <summary>What the program is run with.</summary>
    public IReadOnlyList<string> Arguments => [.. Program.Arguments, "daemon"];

    /// <summary>Of the installing user's environment, as far as the daemon reads it.</summary>
    public IReadOnlyDictionary<string, string> Carried { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it may change the host's network only by capabilities that it is given.</summary>
    public bool NeedsCapabilities => IsSystem && Account.Id != 0;

    /// <summary>Set for the daemon, by name. The home is named only where the daemon would not find it by itself.</summary>
    public IReadOnlyDictionary<string, string> Variables
    {
        get
        {
            var variables = new SortedDictionary<string, string>(OwnRuntime.Variables.ToDictionary(), StringComparer.Ordinal);
            foreach ((string name, string value) in Carried)
            {
                variables[name] = value;
            }

            if (Paths.Home != Account.DefaultPaths.Home)
            {
                variables["QEMULAB_HOME"] = Paths.Home;
            }

            return variables;
        }
    }

    /// <summary>The daemon of the user who asks.</summary>
    public static HostedDaemon OfUser(Command program, StatePaths paths, HostAccount account, Func<string, string?> environment)
    {
        string? config = environment("XDG_CONFIG_HOME");
        bool isUsual = config == Path.Combine(account.Home, ".config");
        return new HostedDaemon(program, paths, account, IsSystem: false) { Carried = Set(("XDG_CONFIG_HOME", isUsual ? null : config), Runtime(environment)) };
    }

    /// <summary>The daemon of the host. The home is the account's own, unless one is named.</summary>
    public static HostedDaemon OfHost(Command program, HostAccount account, Func<string, string?> environment)
    {
        StatePaths paths = environment("QEMULAB_HOME") is { Length: > 0 } home ? new StatePaths(Path.GetFullPath(home)) : account.DefaultPaths;
        return new HostedDaemon(program, paths, account, IsSystem: true) { Carried = Set(Runtime(environment)) };
    }

    /// <summary>A program that is not self-contained asks this for a runtime in an unusual place.</summary>
    private static (string, string?) Runtime(Func<string, string?> environment) => ("DOTNET_ROOT", environment("DOTNET_ROOT"));

    private static Dictionary<string, string> Set(params (string Name, string? Value)[] variables) =>
        variables.Where(variable => variable.Value is { Length: > 0 }).ToDictionary(variable => variable.Name, variable => variable.Value!);
}
