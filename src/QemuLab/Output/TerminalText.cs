using System.Text.RegularExpressions;

namespace QemuLab.Output;

/// <summary>Makes what a guest wrote harmless for a terminal: escape sequences and control characters go, text stays.</summary>
internal static partial class TerminalText
{
    public static string Plain(string text) => Controls().Replace(text, "");

    [GeneratedRegex(@"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f]")]
    private static partial Regex Controls();
}
