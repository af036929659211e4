using System.CommandLine;
using System.CommandLine.Parsing;

namespace QemuLab.Commands;

/// <summary>
/// Keeps a guest's command away from our parser: in <c>exec NAME ls -h</c> the <c>-h</c> is the guest's. Everything behind
/// the machine's name is set off by <c>--</c>, where the user did not write it.
/// </summary>
internal static class GuestArguments
{
    private const string Mark = "--";

    private const string OfSeveral = "exec";

    private static readonly string[] OfOne = ["ssh", "shell"];

    /// <summary>Options of <c>exec</c> that have a value, which is no machine's name.</summary>
    private static readonly string[] WithValue = ["-l", "--selector", "-L", "--lab", "--parallel"];

    /// <summary>Whether what stands behind a machine's name is a guest's command, with options of its own.</summary>
    public static bool IsGuestVerb(string verb) => verb == OfSeveral || OfOne.Contains(verb);

    public static string[] Separate(string[] arguments)
    {
        bool ofSeveral = arguments.Length > 0 && arguments[0] == OfSeveral;
        if (arguments.Length < 3 || !(ofSeveral || OfOne.Contains(arguments[0])) || (ofSeveral && arguments.Contains(Mark)))
        {
            return arguments;
        }

        int name = Array.FindIndex(arguments, 1, argument => !argument.StartsWith('-'));
        while (ofSeveral && name > 1 && WithValue.Contains(arguments[name - 1]))
        {
            name = Array.FindIndex(arguments, name + 1, argument => !argument.StartsWith('-'));
        }

        return name < 0 || Array.IndexOf(arguments, Mark, 0, name) >= 0 || name + 1 == arguments.Length || arguments[name + 1] == Mark
            ? arguments
            : [.. arguments[..(name + 1)], Mark, .. arguments[(name + 1)..]];
    }

    /// <summary>What stands before the first <c>--</c>, and the command behind it; to the parser they are one list.</summary>
    public static (string[] Names, string[] Command) Split(ParseResult parse, Argument<string[]> words)
    {
        string[] all = parse.GetValue(words) ?? [];
        int command = parse.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).Count(token => token.Type == TokenType.Argument);
        return (all[..^command], all[^command..]);
    }
}
