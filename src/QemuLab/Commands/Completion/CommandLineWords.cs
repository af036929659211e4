using System.Text;

namespace QemuLab.Commands.Completion;

/// <summary>A command line as a shell hands it over, and its answer as that shell takes it.</summary>
/// <param name="Shell">Whose.</param>
/// <param name="Words">Up to the cursor, in our own notion of a word.</param>
/// <param name="Dropped">So many letters of the last word are another word to the shell, and are no part of its answer.</param>
internal sealed record CommandLineWords(string Shell, IReadOnlyList<string> Words, int Dropped)
{
    /// <summary>bash cuts words at an equals sign: <c>--for=rea</c> comes as three.</summary>
    public static CommandLineWords Of(string shell, IReadOnlyList<string> words)
    {
        if (shell != "bash")
        {
            return new(shell, words, 0);
        }

        var whole = new List<string>();
        int dropped = 0;
        bool goesOn = false;
        foreach (string word in words)
        {
            if (whole.Count > 0 && (word == "=" || goesOn))
            {
                dropped = whole[^1].Length + (word == "=" ? 1 : 0);
                whole[^1] += word;
            }
            else
            {
                whole.Add(word);
                dropped = 0;
            }

            goesOn = word == "=";
        }

        return new(shell, whole, dropped);
    }

    public string Lines(IEnumerable<Word> words)
    {
        var lines = new StringBuilder();
        foreach (Word word in words)
        {
            lines.Append(word.Text[0] == ':' ? word.Text : Line(word)).Append('\n');
        }

        return lines.ToString();
    }

    private string Line(Word word) => Shell switch
    {
        "zsh" => word.Text.Replace(":", "\\:", StringComparison.Ordinal) + (word.Meaning is null ? "" : ":" + word.Meaning),
        "fish" => word.Meaning is null ? word.Text : $"{word.Text}\t{word.Meaning}",
        _ => word.Text[Math.Min(Dropped, word.Text.Length)..],
    };
}
