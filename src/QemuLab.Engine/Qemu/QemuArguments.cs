using System.Globalization;

namespace QemuLab.Engine.Qemu;

/// <summary>One flag of a QEMU command line, its value, and why it is there.</summary>
public sealed record QemuArgument(string Flag, string? Value, string Reason);

/// <summary>A QEMU command line under construction: flags in the order in which they were added, each with its reason.</summary>
public sealed class QemuArguments
{
    private readonly List<QemuArgument> arguments = [];

    public IReadOnlyList<QemuArgument> Items => arguments;

    /// <summary>The list that a process is started with.</summary>
    public IReadOnlyList<string> ToArgv() =>
        [.. arguments.SelectMany(argument => argument.Value is null ? new[] { argument.Flag } : [argument.Flag, argument.Value])];

    public QemuArguments Add(string flag, string? value, string reason)
    {
        arguments.Add(new QemuArgument(flag, value, reason));
        return this;
    }

    /// <summary>Adds an option of QEMU's <c>key=value,key=value</c> form. A comma inside a value is doubled, as QemuOpts wants it.</summary>
    /// <param name="flag">Such as <c>-device</c>.</param>
    /// <param name="implied">The value of the option's first, unnamed key (a driver's name), or null.</param>
    /// <param name="pairs">Keys and values; a pair whose value is null is left out.</param>
    /// <param name="reason">Why it is there.</param>
    public QemuArguments AddOption(string flag, string? implied, IEnumerable<(string Key, string? Value)> pairs, string reason)
    {
        IEnumerable<string> parts = pairs.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}={Escape(pair.Value!)}");
        return Add(flag, string.Join(',', implied is null ? parts : parts.Prepend(Escape(implied))), reason);
    }

    public static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);

    internal static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
