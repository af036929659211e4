using QemuLab.Api;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>Turns the names of a command line into machines.</summary>
internal static class MachineNames
{
    /// <summary>What names mean, each machine once: a machine, LAB/MACHINE or a group; without names every machine.</summary>
    /// <param name="cli">Asks the daemon.</param>
    /// <param name="names">As they were typed.</param>
    /// <param name="lab">Only machines of this lab; null: of all.</param>
    /// <exception cref="QemuLabException">Nothing is called so, or several labs have it.</exception>
    public static IReadOnlyList<MachineView> Find(Cli cli, IEnumerable<string> names, string? lab = null) =>
        cli.Daemon.Get<IReadOnlyList<MachineView>>(Query(names, lab));

    /// <inheritdoc cref="Find(Cli, IEnumerable{string}, string?)"/>
    /// <remarks>Nothing more is read of them.</remarks>
    public static IReadOnlyList<MachineIdentityView> FindIdentities(Cli cli, IEnumerable<string> names, string? lab = null) =>
        cli.Daemon.Get(Query(names, lab), MachineIdentityView.ListOf);

    /// <inheritdoc cref="Find(Cli, IEnumerable{string}, string?)"/>
    /// <remarks>As much of them as a way in takes.</remarks>
    public static IReadOnlyList<MachineLoginView> FindLogins(Cli cli, IEnumerable<string> names, string? lab = null) =>
        cli.Daemon.Get(Query(names, lab), MachineLoginView.ListOf);

    /// <summary>The one machine that a name means.</summary>
    /// <exception cref="QemuLabException">It means none, or a group of several.</exception>
    public static MachineView One(Cli cli, string name) => Single(Find(cli, [name]), name);

    /// <inheritdoc cref="One(Cli, string)"/>
    /// <remarks>As much of it as a way in takes.</remarks>
    public static MachineLoginView OneLogin(Cli cli, string name) => Single(FindLogins(cli, [name]), name);

    private static T Single<T>(IReadOnlyList<T> machines, string name)
        where T : IMachineIdentity =>
        machines is [var machine]
            ? machine
            : throw new QemuLabException(ErrorKind.Usage, "machine-ambiguous", $"'{name}' is a group of {machines.Count} machines", $"name one of them, such as {machines[0].Name}");

    /// <summary>All that several names mean, each once; with <paramref name="all"/> every machine there is.</summary>
    /// <exception cref="QemuLabException">Neither names nor --all, or both.</exception>
    public static IReadOnlyList<MachineView> Several(Cli cli, string[] names, bool all) => (names.Length, all) switch
    {
        (0, true) => Find(cli, []),
        (0, false) => throw new QemuLabException(ErrorKind.Usage, "usage", "name at least one machine or group, or give --all"),
        (_, true) => throw new QemuLabException(ErrorKind.Usage, "usage", "--all and names exclude each other"),
        _ => Find(cli, names),
    };

    private static string Query(IEnumerable<string> names, string? lab)
    {
        IEnumerable<string> asked = names.Select(name => "name=" + Escaped(name));
        return "/v1/machines?" + string.Join('&', lab is null ? asked : asked.Append("lab=" + Escaped(lab)));
    }

    /// <summary>A legal name has nothing to escape, and then <see cref="Uri"/> need not be started, which takes some milliseconds.</summary>
    private static string Escaped(string name) =>
        name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '/') ? name : Uri.EscapeDataString(name);

    public static string Route(IMachineIdentity machine, string verb) => $"/v1/machines/{machine.Lab}/{machine.Name}/{verb}";
}
