using System.Globalization;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Daemon;

/// <summary>A user of this host.</summary>
/// <param name="Id">The number.</param>
/// <param name="Group">The number of the user's own group.</param>
/// <param name="Home">The home folder.</param>
internal sealed record HostAccount(string Name, uint Id, uint Group, string Home)
{
    /// <summary>Where QemuLab's files of this user are as long as nothing says otherwise.</summary>
    public StatePaths DefaultPaths => new(Path.Combine(Home, ".local", "share", "qemulab"));

    /// <summary>Who runs this program.</summary>
    public static HostAccount Current(Func<string, string?> environment) => new(
        TapOwner.Current.Name,
        TapOwner.Current.Id,
        TapOwner.CurrentGroup,
        environment("HOME") is { Length: > 0 } home ? home : throw new QemuLabException(ErrorKind.Usage, "no-home", "HOME is not set"));

    /// <summary>A user by name, whichever database knows it.</summary>
    /// <exception cref="QemuLabException">There is none of that name.</exception>
    public static async Task<HostAccount> FindAsync(string name, ICommandRunner runner)
    {
        Command ask = OperatingSystem.IsMacOS()
            ? new Command("dscacheutil", "-q", "user", "-a", "name", name)
            : new Command("getent", "passwd", "--", name);
        string output = (await runner.RunAsync(ask)).Output;
        return (OperatingSystem.IsMacOS() ? OfDirectory(output) : OfPasswd(output))
            ?? throw new QemuLabException(ErrorKind.Usage, "user-unknown", $"this host has no user '{name}'", "list them: getent passwd");
    }

    /// <summary>A line of passwd(5).</summary>
    internal static HostAccount? OfPasswd(string text) => text.TrimEnd('\n').Split(':') is [var name, _, var id, var group, _, var home, _]
        ? Of(name, id, group, home)
        : null;

    /// <summary>Lines such as <c>uid: 501</c>.</summary>
    internal static HostAccount? OfDirectory(string text)
    {
        Dictionary<string, string> fields = text.Split('\n')
            .Select(line => line.Split(": ", 2)).Where(parts => parts.Length == 2)
            .GroupBy(parts => parts[0]).ToDictionary(field => field.Key, field => field.First()[1]);
        return fields.TryGetValue("name", out string? name) && fields.TryGetValue("dir", out string? home)
            ? Of(name, fields.GetValueOrDefault("uid", ""), fields.GetValueOrDefault("gid", ""), home)
            : null;
    }

    private static HostAccount? Of(string name, string id, string group, string home) =>
        uint.TryParse(id, CultureInfo.InvariantCulture, out uint user) && uint.TryParse(group, CultureInfo.InvariantCulture, out uint own) && home.StartsWith('/')
            ? new HostAccount(name, user, own, home)
            : null;
}
