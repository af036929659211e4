using System.Diagnostics;
using QemuLab.Api;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>A tmux session of logins: a window for each group, a pane for each machine.</summary>
/// <param name="session">Its name.</param>
internal sealed class Tmux(string session)
{
    public string Session => session;

    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, "tmux")));

    public bool Exists() => Run(quiet: true, "has-session", "-t", "=" + session) == 0;

    /// <summary>Ends it with all its logins; nothing happens where it is not there.</summary>
    public void End() => Run(quiet: true, "kill-session", "-t", "=" + session);

    /// <summary>Makes the session, detached; nothing is left of it where that fails.</summary>
    /// <exception cref="QemuLabException">tmux's own words.</exception>
    public void Create(IReadOnlyList<MachineLoginView> machines, bool synchronized)
    {
        try
        {
            bool isFirst = true;
            foreach (IGrouping<string, MachineLoginView> group in machines.GroupBy(machine => machine.Group))
            {
                AddWindow(group.Key, [.. group], isFirst, synchronized);
                isFirst = false;
            }
        }
        catch (QemuLabException)
        {
            End();
            throw;
        }

        Must("select-window", "-t", $"={session}:{machines[0].Group}");
    }

    /// <summary>Shows it on this terminal, until it is detached from (Ctrl-B D) or has ended.</summary>
    public int Attach()
    {
        bool isInside = Environment.GetEnvironmentVariable("TMUX") is { Length: > 0 };
        using IDisposable interrupts = Interrupts.LeaveToChild();
        return Run(quiet: false, isInside ? "switch-client" : "attach-session", "-t", "=" + session);
    }

    private void AddWindow(string group, IReadOnlyList<MachineLoginView> machines, bool isFirst, bool synchronized)
    {
        string window = $"={session}:{group}";
        for (int i = 0; i < machines.Count; i++)
        {
            string[] place = (i, isFirst) switch
            {
                // Large, so that the panes of a big group find room before anyone looks at them.
                (0, true) => ["new-session", "-d", "-s", session, "-n", group, "-x", "200", "-y", "100"],
                (0, false) => ["new-window", "-d", "-t", $"={session}:", "-n", group],
                _ => ["split-window", "-d", "-t", window],
            };
            Must([.. place, "ssh", "-F", GuestShell.ConfigOf(machines[i]), machines[i].Name]);
            Must("select-layout", "-t", window, "tiled");
            Must("select-pane", "-t", $"{window}.{{bottom-right}}", "-T", machines[i].Name);
        }

        Must("set-window-option", "-t", window, "automatic-rename", "off");
        Must("set-window-option", "-t", window, "allow-rename", "off");
        Must("set-window-option", "-t", window, "pane-border-status", "top");
        Must("set-window-option", "-t", window, "pane-border-format", $" #{{pane_title}}{(machines.Count > 1 ? "#{?pane_synchronized, (typed to all),}" : "")} ");
        Must("set-window-option", "-t", window, "synchronize-panes", synchronized ? "on" : "off");
    }

    private static void Must(params string[] arguments)
    {
        using Process tmux = GuestShell.Start(new ProcessStartInfo("tmux", arguments) { RedirectStandardError = true, RedirectStandardOutput = true });
        string said = tmux.StandardError.ReadToEnd().Trim();
        tmux.WaitForExit();
        if (tmux.ExitCode != 0)
        {
            throw new QemuLabException(ErrorKind.Failed, "tmux-failed", $"tmux {arguments[0]}: {(said.Length > 0 ? said : $"ended with {tmux.ExitCode}")}", "without it: qemulab ssh-all --no-tmux");
        }
    }

    private static int Run(bool quiet, params string[] arguments)
    {
        using Process tmux = GuestShell.Start(new ProcessStartInfo("tmux", arguments) { RedirectStandardError = quiet, RedirectStandardOutput = quiet });
        tmux.WaitForExit();
        return tmux.ExitCode;
    }
}
