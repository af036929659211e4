using System.Text;

namespace QemuLab.Daemon;

/// <summary>
/// The texts of our two units: a socket, which is there from the start on, and the service that the first connection starts.
/// <list type="bullet">
/// <item>KillMode=process: an end of the daemon leaves QEMU, switches and dnsmasq alone, which are in the service's control group
/// too; the next daemon adopts them there. So whatever limits this group limits the machines: TasksMax is lifted, a machine that
/// the kernel ends for want of memory does not end the service (OOMPolicy=continue), and systemd-oomd, which ends whole groups,
/// is asked to look elsewhere first. Delegate would hand us a subtree of groups, for which the daemon has no use.</item>
/// <item>WatchdogSec: a daemon that no longer answers on its own socket is replaced.</item>
/// <item>NoNewPrivileges is not set, nor what implies it (seccomp filters, RestrictSUIDSGID, PrivateDevices): the network helper
/// is started by sudo, and an image's builder maps user ids by setuid programs; both need the whole bounding set too.</item>
/// <item>A user's service is in no mount or user namespace: as an ordinary user systemd can make them only together, and in a
/// user namespace neither sudo works nor the group that may open /dev/kvm.</item>
/// <item>A service of the host sees /usr, /boot and /etc read-only (ProtectSystem=full), but for a QemuLab home there. Homes,
/// /tmp and /dev stay as they are: lab files and kernels lie anywhere, KVM, vhost-net and taps are devices.</item>
/// <item>AmbientCapabilities are what a bridge needs, for a user who is not root; QEMU is started without them.</item>
/// </list>
/// </summary>
internal static class SystemdUnits
{
    public const string Service = "qemulab.service";

    public const string Socket = "qemulab.socket";

    /// <summary>The first line of a unit that is ours to change.</summary>
    public const string Marker = "# Written by: qemulab service install. Taken away by: qemulab service uninstall. Changes belong into: systemctl edit";

    public static string ServiceText(HostedDaemon daemon)
    {
        var text = new StringBuilder();
        text.Append($"""
            {Marker}

            [Unit]
            Description=QemuLab's daemon
            Requires={Socket}
            After={(daemon.IsSystem ? $"{Socket} network.target" : Socket)}
            StartLimitIntervalSec=60s
            StartLimitBurst=5

            [Service]
            Type=notify
            NotifyAccess=main
            ExecStart={SystemdText.Program(daemon.Program.Program)} {string.Join(' ', daemon.Arguments.Select(SystemdText.Argument))}

            """);
        text.AppendJoin("", daemon.Variables.Select(variable => $"Environment={SystemdText.Word($"{variable.Key}={variable.Value}")}\n"));
        text.Append("""
            Restart=on-failure
            RestartSec=2s
            RestartPreventExitStatus=2 6
            TimeoutStartSec=3min
            TimeoutStopSec=45s
            WatchdogSec=2min
            KillMode=process
            OOMPolicy=continue
            ManagedOOMPreference=avoid
            TasksMax=infinity

            """);
        text.Append(daemon.IsSystem ? SystemLines(daemon) : "");
        text.Append($"""

            [Install]
            WantedBy={(daemon.IsSystem ? "multi-user.target" : "default.target")}

            """);
        return text.ToString();
    }

    public static string SocketText(HostedDaemon daemon)
    {
        string owner = daemon.IsSystem ? $"SocketUser={SystemdText.Line(daemon.Account.Name)}\nSocketGroup={daemon.Account.Group}\n" : "";
        return $"""
            {Marker}

            [Unit]
            Description=The socket of QemuLab's daemon

            [Socket]
            ListenStream={SystemdText.Line(daemon.Paths.DaemonSocket)}
            {owner}SocketMode=0600
            DirectoryMode=0700
            RemoveOnStop=yes

            [Install]
            WantedBy=sockets.target

            """;
    }

    private static string SystemLines(HostedDaemon daemon) =>
        $"User={SystemdText.Line(daemon.Account.Name)}\n"
        + (daemon.NeedsCapabilities ? "AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE\n" : "")
        + $"ProtectSystem=full\nReadWritePaths={SystemdText.Word("-" + daemon.Paths.Home)}\n";
}
