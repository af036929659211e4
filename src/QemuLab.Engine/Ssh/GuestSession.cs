using System.Text;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// The one session that sees a guest to the end of its first boot: a script that runs in the guest, and what it says. It
/// waits inside of the guest, so that a change is seen at once and no login is made twice.
/// </summary>
internal sealed class GuestSession(Action<string, string> onSaid)
{
    private const string Mark = "@qemulab ";

    /// <summary>For any POSIX shell, busybox' included. Lines that begin with the mark are ours; whatever a profile prints is not.</summary>
    public const string Script = """
        run=/run/cloud-init log=/var/log/cloud-init-output.log
        say() { printf '@qemulab %s\n' "$*"; }
        part() { say "$@"; shift; cat "$@" 2>/dev/null; echo; }
        say login
        if [ ! -d $run ] && ! command -v cloud-init >/dev/null 2>&1; then say without not installed; say end; exit 0; fi
        last= turn=0
        until [ -f $run/result.json ]; do
          if [ -f $run/disabled ]; then say without disabled; say end; exit 0; fi
          stage=$(sed -n 's/.*"stage": *"\([^"]*\)".*/\1/p' $run/status.json 2>/dev/null)
          now="$stage $(stat -c %s $log 2>/dev/null)"
          [ "$now" = "$last" ] || say stage "$now"
          last=$now turn=$((turn + 1))
          if [ $turn -lt 20 ]; then sleep 0.3; else sleep 1; fi
        done
        part result $run/result.json
        part status $run/status.json
        if grep -q '"errors": *\[ *\]' $run/result.json; then :; else
          say output
          { tail -n 300 $log 2>/dev/null || sudo -n tail -n 300 $log 2>/dev/null; }
          echo
        fi
        say end

        """;

    private readonly Dictionary<string, StringBuilder> sections = [];
    private StringBuilder? open;

    /// <summary>A shell of the guest has answered.</summary>
    public bool LoggedIn { get; private set; }

    /// <summary>The script came to its end; else the connection was lost on the way.</summary>
    public bool Ended { get; private set; }

    /// <summary>Why cloud-init has nothing to say in this guest, or null where it has.</summary>
    public string? WithoutCloudInit { get; private set; }

    public string Section(string name) => sections.TryGetValue(name, out StringBuilder? text) ? text.ToString() : "";

    public void Read(string line)
    {
        if (!line.StartsWith(Mark, StringComparison.Ordinal))
        {
            open?.Append(line).Append('\n');
            return;
        }

        open = null;
        string[] words = line[Mark.Length..].TrimEnd('\r').Split(' ', 2);
        string rest = words.Length > 1 ? words[1] : "";
        switch (words[0])
        {
            case "login":
                LoggedIn = true;
                break;
            case "without":
                WithoutCloudInit = rest;
                break;
            case "end":
                Ended = true;
                break;
            case "result" or "status" or "output":
                open = sections[words[0]] = new StringBuilder();
                break;
        }

        onSaid(words[0], rest);
    }
}
