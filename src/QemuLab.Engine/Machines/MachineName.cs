using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace QemuLab.Engine.Machines;

/// <summary>
/// The name of a machine, a group or a lab: an RFC 1123 label (lower-case letters, digits and inner hyphens, at most 63
/// characters), checked once here so that it can be a host name, a file name and a QEMU id without quoting.
/// </summary>
public readonly partial record struct MachineName : IComparable<MachineName>
{
    private readonly string? value;

    private MachineName(string value) => this.value = value;

    public string Value => value ?? throw new InvalidOperationException("a MachineName that was never given a value");

    public const string Rule = "lower-case letters, digits and hyphens, starting and ending with a letter or digit, at most 63 characters";

    public static bool TryParse([NotNullWhen(true)] string? text, out MachineName name)
    {
        bool valid = text is not null && Rfc1123Label().IsMatch(text);
        name = valid ? new MachineName(text!) : default;
        return valid;
    }

    /// <exception cref="FormatException">The text is not an RFC 1123 label.</exception>
    public static MachineName Parse(string text) =>
        TryParse(text, out MachineName name) ? name : throw new FormatException($"'{text}' is not a name: use {Rule}");

    public int CompareTo(MachineName other) => string.CompareOrdinal(value, other.value);

    public static bool operator <(MachineName left, MachineName right) => left.CompareTo(right) < 0;
    public static bool operator <=(MachineName left, MachineName right) => left.CompareTo(right) <= 0;
    public static bool operator >(MachineName left, MachineName right) => left.CompareTo(right) > 0;
    public static bool operator >=(MachineName left, MachineName right) => left.CompareTo(right) >= 0;

    public override string ToString() => value ?? "";

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex Rfc1123Label();
}
