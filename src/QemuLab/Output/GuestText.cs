using System.Text;
using System.Text.RegularExpressions;

namespace QemuLab.Output;

/// <summary>What a guest writes, piece by piece, as text for a terminal. A character or an escape sequence may be cut between two pieces.</summary>
/// <param name="raw">Escape sequences stay.</param>
internal sealed partial class GuestText(bool raw)
{
    /// <summary>Longer is no escape sequence, but garbage.</summary>
    private const int LongestSequence = 4096;

    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();
    private char[] characters = [];
    private string held = "";

    public string Next(ReadOnlySpan<byte> bytes)
    {
        if (characters.Length <= bytes.Length)
        {
            characters = new char[bytes.Length + 1];
        }

        string text = new(characters, 0, decoder.GetChars(bytes, characters, flush: false));
        if (raw)
        {
            return text;
        }

        text = held + text;
        int end = Unfinished().Match(text) is { Success: true, Length: < LongestSequence } cut ? cut.Index : text.Length;
        held = text[end..];
        return TerminalText.Plain(text[..end]);
    }

    [GeneratedRegex(@"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*|[PX^_][^\x1b]*|[ -/]*)\z", RegexOptions.RightToLeft)]
    private static partial Regex Unfinished();
}
