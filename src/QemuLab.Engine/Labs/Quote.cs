namespace QemuLab.Engine.Labs;

/// <summary>Quotes a user's word in a message: on one line, and not longer than a person reads.</summary>
internal static class Quote
{
    private const int Longest = 60;

    public static string Of(string text)
    {
        string line = string.Concat(text.Select(c => c switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ when char.IsControl(c) => "?",
            _ => c.ToString(),
        }));
        return line.Length <= Longest ? $"'{line}'" : $"'{line[..Longest]}…'";
    }
}
