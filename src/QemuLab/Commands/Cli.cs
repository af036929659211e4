using QemuLab.Api;
using QemuLab.Engine.Hosts;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>What every command works with: the terminal, the home, the daemon.</summary>
internal sealed class Cli(Terminal terminal, Func<string, string?> environment)
{
    private StatePaths? paths;
    private DaemonClient? daemon;

    public Terminal Terminal => terminal;

    /// <summary>Looks a variable up.</summary>
    public Func<string, string?> Environment => environment;

    public StatePaths Paths => paths ??= StatePaths.From(environment);

    /// <summary>The daemon, started where none runs and replaced where it is older than this program.</summary>
    public DaemonClient Daemon => daemon ??= DaemonAccess.Ensure(Paths, terminal);
}
