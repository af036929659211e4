using System.Globalization;

namespace QemuLab.Engine.Hosts;

/// <summary>What a process may do beyond its user's rights, as <c>/proc/PID/status</c> tells it. See capabilities(7) and proc(5).</summary>
/// <param name="status">The file's text; empty where there is none.</param>
internal readonly struct ProcessCapabilities(string status)
{
    private const int NetAdmin = 12;

    /// <summary>This process's.</summary>
    public static ProcessCapabilities Own => new(OperatingSystem.IsLinux() ? File.ReadAllText("/proc/self/status") : "");

    /// <summary>Whether it may change the host's network.</summary>
    public bool HasNetAdmin => (Set("CapEff:") >> NetAdmin & 1) == 1;

    /// <summary>Whether programs that it starts get capabilities too, though its user is not root: a service's are such.</summary>
    public bool AreInherited => Set("CapAmb:") != 0;

    /// <summary>The command, without any capability that it would inherit from us: a process of the lab, such as QEMU, needs none.</summary>
    public static Command Dropped(Command command) =>
        Own.AreInherited && new ProgramSearch(Environment.GetEnvironmentVariable("PATH")).Find("setpriv") is { } setpriv
            ? command with { Program = setpriv, Arguments = ["--inh-caps=-all", "--ambient-caps=-all", "--", command.Program, .. command.Arguments] }
            : command;

    private ulong Set(string line)
    {
        int start = status.IndexOf(line, StringComparison.Ordinal);
        string digits = start < 0 ? "" : status[(start + line.Length)..].TrimStart().Split('\n')[0].Trim();
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong held) ? held : 0;
    }
}
