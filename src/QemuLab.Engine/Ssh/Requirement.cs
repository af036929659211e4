using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>One of the things that a guest must show, in this order, before it counts as ready.</summary>
/// <param name="Phase">Reached with it.</param>
/// <param name="WaitingFor">Completes "while waiting for …".</param>
internal sealed record Requirement(BootPhase Phase, string WaitingFor)
{
    public static readonly Requirement Banner = new(BootPhase.Banner, "the SSH server's banner");

    public static readonly Requirement Login = new(BootPhase.Login, "a login");

    public static readonly Requirement CloudInit = new(BootPhase.Ready, "cloud-init to finish");

    /// <summary>What to try when it never comes.</summary>
    /// <param name="machine">For the commands to be pasted.</param>
    /// <param name="lastTry">How the last login failed, where one was tried.</param>
    public string Hint(string machine, LoginFailure? lastTry) => Phase switch
    {
        BootPhase.Banner => $"read the console: qemulab logs {machine}; does the image have an SSH server, and the memory that it needs? A slow host: give it longer with --timeout",
        BootPhase.Login => LoginHint(machine, lastTry?.Kind),
        _ => $"look inside: qemulab ssh {machine} -- cloud-init status --long; what runs now: qemulab ssh {machine} -- ps aux",
    };

    private static string LoginHint(string machine, LoginFailureKind? kind) => kind switch
    {
        LoginFailureKind.HostKey => $"something else answers on this port, or cloud-init did not install the host key: qemulab logs {machine}",
        LoginFailureKind.Denied => $"cloud-init did not make the user or install the key: qemulab logs {machine}; is the seed read (NoCloud, label cidata)?",
        LoginFailureKind.Booting => $"systemd has not finished its start: which unit hangs? qemulab logs {machine}",
        _ => $"the SSH server answers but no session comes about: qemulab logs {machine}",
    };
}
