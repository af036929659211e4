using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>The key that leaves a console; all others are the guest's.</summary>
/// <param name="Code">The byte that a terminal sends for it; null: no key leaves.</param>
/// <param name="Name">As people call it.</param>
internal sealed record EscapeKey(byte? Code, string Name)
{
    public const string Default = "^]", None = "none";

    /// <exception cref="QemuLabException">It is no key that a terminal has a byte of its own for.</exception>
    public static EscapeKey Parse(string text) => text.ToUpperInvariant() switch
    {
        "NONE" => new EscapeKey(null, "no key"),
        ['^' or 'C', .. var rest] when rest.TrimStart('-') is [>= '@' and <= '_' and var key] && (text[0] == '^' || rest.StartsWith('-')) => Control(key),
        ['C', 'T', 'R', 'L', '-' or '+', >= '@' and <= '_' and var key] => Control(key),
        _ => throw new QemuLabException(ErrorKind.Usage, "escape-invalid", $"--escape '{text}' is no key with Ctrl", "such as ^], ^A or ctrl-x; none: no key leaves, the terminal has to be closed"),
    };

    /// <summary>How many of the bytes come before the key; null where it is not among them.</summary>
    public int? IndexIn(ReadOnlySpan<byte> bytes) => Code is { } code && bytes.IndexOf(code) is >= 0 and var index ? index : null;

    private static EscapeKey Control(char key) => new((byte)(key - '@'), $"Ctrl-{key}");
}
