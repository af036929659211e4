using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// Where QemuLab keeps its files: one folder per user. The sockets live in it too and not in XDG_RUNTIME_DIR, which is
/// removed when the user logs out, while machines go on.
/// </summary>
/// <param name="Home">Absolute; QEMULAB_HOME, else XDG_DATA_HOME/qemulab, else ~/.local/share/qemulab.</param>
public sealed record StatePaths(string Home)
{
    public string DaemonSocket => Path.Combine(Home, "daemon.sock");

    public string DaemonLock => Path.Combine(Home, "daemon.lock");

    public string DaemonLog => Path.Combine(Home, "daemon.log");

    /// <summary>The accelerator probe's cached verdict.</summary>
    public string ProbeCache => Path.Combine(Home, "probe.json");

    /// <summary>The boot id of the host when a daemon last started.</summary>
    public string LastBoot => Path.Combine(Home, "boot-id");

    /// <summary>The user's private key for logging in to machines; .pub beside it.</summary>
    public string SshKey => Path.Combine(Home, "ssh", "id_ed25519");

    public string Images => Path.Combine(Home, "images");

    public string Labs => Path.Combine(Home, "labs");

    /// <summary>Deleted machines; on the labs' own disk, and no lab is called so.</summary>
    public string Trash => Path.Combine(Labs, ".trash");

    public string Lab(string lab) => Path.Combine(Labs, lab);

    public string LabRecord(string lab) => Path.Combine(Lab(lab), "lab.json");

    public string KnownHosts(string lab) => Path.Combine(Lab(lab), "known_hosts");

    public string SshConfig(string lab) => Path.Combine(Lab(lab), "ssh_config");

    /// <summary>What the lab's hooks have done, one line each.</summary>
    public string HookLog(string lab) => Path.Combine(Lab(lab), "hooks.jsonl");

    /// <summary>What the lab's hooks were last told.</summary>
    public string HookMarks(string lab) => Path.Combine(Lab(lab), "hooks.json");

    public string Run(string lab) => Path.Combine(Home, "run", lab);

    /// <summary>A further network's files are in a folder of its own below the lab's, with an underscore: no machine's file begins so.</summary>
    public NetworkPaths Network(string lab, string network = NetworkPlan.MainName) =>
        new(network == NetworkPlan.MainName ? Run(lab) : Path.Combine(Run(lab), "_" + network));

    public MachineDirectory Machine(string lab, string machine) =>
        new(Path.Combine(Lab(lab), "machines", machine), Run(lab), machine);

    /// <summary>The paths that the environment asks for.</summary>
    /// <param name="environment">Looks a variable up; null or empty where it is not set.</param>
    /// <exception cref="QemuLabException">There is neither a home folder nor QEMULAB_HOME.</exception>
    public static StatePaths From(Func<string, string?> environment)
    {
        string? Value(string name) => environment(name) is { Length: > 0 } value ? value : null;

        string home = Value("QEMULAB_HOME")
            ?? (Value("XDG_DATA_HOME") is { } data ? Path.Combine(data, "qemulab") : null)
            ?? (Value("HOME") is { } user ? Path.Combine(user, ".local", "share", "qemulab") : null)
            ?? throw new QemuLabException(ErrorKind.Usage, "no-home", "neither HOME nor QEMULAB_HOME is set", "set QEMULAB_HOME to a folder of yours");
        return new StatePaths(Path.GetFullPath(home));
    }
}
