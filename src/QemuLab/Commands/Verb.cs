using System.CommandLine;

namespace QemuLab.Commands;

/// <summary>A command with examples, which its help ends with.</summary>
internal sealed class Verb : Command
{
    public Verb(string name, string description, params IReadOnlyList<string> aliases)
        : base(name, description)
    {
        foreach (string alias in aliases)
        {
            Aliases.Add(alias);
        }
    }

    /// <summary>Command lines that work as they are written, each with what it does.</summary>
    public IReadOnlyList<(string Line, string Meaning)> Examples { get; init; } = [];

    public Verb Runs(Action<ParseResult> action)
    {
        SetAction(parse =>
        {
            action(parse);
            return 0;
        });
        return this;
    }

    public Verb Returns(Func<ParseResult, int> action)
    {
        SetAction(action);
        return this;
    }
}
