using System.Diagnostics.CodeAnalysis;

namespace QemuLab.Engine.Consoles;

/// <summary>Keys of a keyboard by QEMU's names for them, and text as the keys of a US keyboard that type it.</summary>
public static class TypedKeys
{
    private const string Shift = "shift";

    /// <summary>Names that people know, beside QEMU's.</summary>
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["enter"] = "ret",
        ["return"] = "ret",
        ["space"] = "spc",
        ["escape"] = "esc",
        ["del"] = "delete",
        ["ins"] = "insert",
        ["control"] = "ctrl",
        ["win"] = "meta_l",
        ["super"] = "meta_l",
        ["meta"] = "meta_l",
        ["pageup"] = "pgup",
        ["pagedown"] = "pgdn",
        ["capslock"] = "caps_lock",
        ["numlock"] = "num_lock",
    };

    private static readonly HashSet<string> Names =
    [
        .. "abcdefghijklmnopqrstuvwxyz0123456789".Select(character => character.ToString()),
        .. Enumerable.Range(1, 12).Select(number => $"f{number}"),
        .. Enumerable.Range(0, 10).Select(number => $"kp_{number}"),
        "ret", "spc", "tab", "esc", "backspace", "delete", "insert", "home", "end", "pgup", "pgdn", "up", "down", "left", "right",
        Shift, "shift_r", "ctrl", "ctrl_r", "alt", "alt_r", "meta_l", "meta_r", "menu", "compose", "caps_lock", "num_lock", "scroll_lock", "print", "sysrq", "pause", "power", "sleep", "wake",
        "minus", "equal", "bracket_left", "bracket_right", "semicolon", "apostrophe", "grave_accent", "backslash", "comma", "dot", "slash", "less",
        "kp_enter", "kp_add", "kp_subtract", "kp_multiply", "kp_divide", "kp_decimal",
    ];

    /// <summary>Keys of a US keyboard: the character without and the one with Shift, and QEMU's name.</summary>
    private static readonly (char Plain, char Shifted, string Name)[] Signs =
    [
        ('1', '!', "1"), ('2', '@', "2"), ('3', '#', "3"), ('4', '$', "4"), ('5', '%', "5"), ('6', '^', "6"), ('7', '&', "7"), ('8', '*', "8"), ('9', '(', "9"), ('0', ')', "0"),
        ('-', '_', "minus"), ('=', '+', "equal"), ('[', '{', "bracket_left"), (']', '}', "bracket_right"), (';', ':', "semicolon"), ('\'', '"', "apostrophe"),
        ('`', '~', "grave_accent"), ('\\', '|', "backslash"), (',', '<', "comma"), ('.', '>', "dot"), ('/', '?', "slash"),
        (' ', ' ', "spc"), ('\n', '\n', "ret"), ('\t', '\t', "tab"),
    ];

    /// <summary>All names that a key can have, for a hint.</summary>
    public static IEnumerable<string> AllNames => Names.Concat(Aliases.Keys);

    /// <summary>Keys that are pressed together, such as <c>ctrl-alt-delete</c>.</summary>
    /// <param name="text">Names with <c>-</c> or <c>+</c> between.</param>
    /// <param name="keys">QEMU's names.</param>
    /// <param name="unknown">The name that no key has.</param>
    public static bool TryParse(string text, out IReadOnlyList<string> keys, [NotNullWhen(false)] out string? unknown)
    {
        string[] names = [.. text.ToLowerInvariant().Split('-', '+').Select(name => Aliases.GetValueOrDefault(name, name))];
        unknown = names.FirstOrDefault(name => !Names.Contains(name));
        keys = unknown is null ? names : [];
        return unknown is null;
    }

    /// <summary>The keys of each character; null where no key of a US keyboard types it.</summary>
    public static IReadOnlyList<string>? ForCharacter(char character) => character switch
    {
        >= 'a' and <= 'z' => [character.ToString()],
        >= 'A' and <= 'Z' => [Shift, char.ToLowerInvariant(character).ToString()],
        _ => Array.Find(Signs, sign => sign.Plain == character || sign.Shifted == character) switch
        {
            { Name: null } => null,
            var sign when sign.Plain == character => [sign.Name],
            var sign => [Shift, sign.Name],
        },
    };
}
