using System.Text.RegularExpressions;

namespace QemuLab.Engine.CloudInit;

/// <summary>Which texts may stand in YAML without quotes, under the rules of 1.1 (cloud-init's reader) and 1.2 alike.</summary>
internal static partial class PlainScalars
{
    /// <summary>The text without quotes might be read as something else than text. Errs on the side of yes.</summary>
    public static bool IsAmbiguous(string text) =>
        text.Length == 0 || char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.' or '=' or '<' or '~' || Words().IsMatch(text);

    /// <summary>The text without quotes is read as this very text, in a block mapping or sequence.</summary>
    public static bool IsPlainText(string text) => !IsAmbiguous(text) && Safe().IsMatch(text);

    [GeneratedRegex(@"\A(y|n|yes|no|on|off|true|false|null)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Words();

    // Colons only inside of a word, no comment signs, no brackets, no quotes: less than YAML allows, and never in doubt.
    [GeneratedRegex(@"\A[A-Za-z_/](?:[A-Za-z0-9_/.,@%+=~-]|:(?=[^ ])|\x20(?=[^ ]))*(?<!:)\z")]
    private static partial Regex Safe();
}
