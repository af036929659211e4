using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;

namespace QemuLab.Commands.Completion;

/// <summary>A word that a shell may offer.</summary>
/// <param name="Text">Whole, as it stands on the command line; one that begins with a colon is an order to the script, such as <see cref="Files"/>.</param>
/// <param name="Meaning">For shells that show one.</param>
internal sealed record Word(string Text, string? Meaning = null)
{
    public const string Files = ":files", Folders = ":folders";
}

/// <summary>What may stand where the cursor is, from the same tree of verbs that reads the command line.</summary>
/// <param name="root">The program.</param>
/// <param name="names">The words of a kind that only a daemon or the disk knows.</param>
internal sealed class Completer(Command root, Func<WordKind, IEnumerable<Word>> names)
{
    /// <param name="words">Those behind the program's name up to the cursor; the last one is being typed, and may be empty.</param>
    public IReadOnlyList<Word> Complete(IReadOnlyList<string> words)
    {
        if (words.Count == 0)
        {
            return [];
        }

        Position position = Read([.. words.Take(words.Count - 1)]);
        string typed = words[^1];
        return [.. Offer(position, typed).Where(word => word.Text[0] == ':' || word.Text.StartsWith(typed, StringComparison.Ordinal)).DistinctBy(word => word.Text)];
    }

    private IEnumerable<Word> Offer(Position at, string typed)
    {
        if (at.Awaiting is { } option)
        {
            return Words(option.GetCompletions(CompletionContext.Empty), []);
        }

        int equals = typed.IndexOf('=', StringComparison.Ordinal);
        if (!at.OnlyArguments && typed.StartsWith("--", StringComparison.Ordinal) && equals > 0)
        {
            string name = typed[..equals];
            return at.Option(name) is { } given && TakesValue(given)
                ? Words(given.GetCompletions(CompletionContext.Empty), []).Select(word => word.Text[0] == ':' ? word : word with { Text = $"{name}={word.Text}" })
                : [];
        }

        if (!at.OnlyArguments && typed.StartsWith('-'))
        {
            return Options(at);
        }

        Word[] offered = [.. at.Given.Count == 0 ? Verbs(at.Command) : [], .. at.Argument is { } argument ? Words(argument.GetCompletions(CompletionContext.Empty), at.Given) : []];
        bool isFull = at.Argument is null && (at.Given.Count == 0 || at.Command.Subcommands.Count == 0);
        return offered.Length == 0 && isFull && !at.OnlyArguments && typed.Length == 0 ? Options(at) : offered;
    }

    /// <summary>The words before the cursor: which verb they lead to, and what of it they are.</summary>
    private Position Read(IReadOnlyList<string> before)
    {
        var position = new Position(root);
        foreach (string word in before)
        {
            position.Add(word);
        }

        return position;
    }

    private static IEnumerable<Word> Verbs(Command command) =>
        command.Subcommands.Where(verb => !verb.Hidden).Select(verb => new Word(verb.Name, verb.Description));

    private static IEnumerable<Word> Options(Position at) => at.Options
        .Where(option => !option.Hidden && (!at.Seen.Contains(option) || option.ValueType.IsArray))
        .Where(option => option is not (HelpOption or VersionOption) || at.Seen.Count == 0)
        .Select(option => new Word(option.Name, option.Description));

    private IEnumerable<Word> Words(IEnumerable<CompletionItem> items, IReadOnlyCollection<string> given) => items
        .SelectMany(item => item.Kind != Completions.Marker ? [new Word(item.Label, item.Detail)]
            : item.Label == nameof(WordKind.Verb) ? VerbsBelow(given)
            : names(Enum.Parse<WordKind>(item.Label)).Where(word => !given.Contains(word.Text)));

    /// <summary>What a path of verbs may go on with, where verbs are spoken of and not run.</summary>
    private IEnumerable<Word> VerbsBelow(IEnumerable<string> path)
    {
        Command? verb = root;
        foreach (string word in path)
        {
            verb = verb?.Subcommands.FirstOrDefault(below => !below.Hidden && (below.Name == word || below.Aliases.Contains(word)));
        }

        return verb is null ? [] : Verbs(verb);
    }

    private static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool) && option is not (HelpOption or VersionOption);

    /// <summary>How far the words before the cursor lead.</summary>
    private sealed class Position(Command root)
    {
        public Command Command { get; private set; } = root;

        public List<string> Given { get; } = [];

        public HashSet<Option> Seen { get; } = [];

        /// <summary>The option whose value comes next.</summary>
        public Option? Awaiting { get; private set; }

        public bool OnlyArguments { get; private set; }

        /// <summary>The verb's own and those that it has from above.</summary>
        public IEnumerable<Option> Options => Command.Options.Concat(Above(Command).SelectMany(above => above.Options.Where(option => option.Recursive)));

        /// <summary>The argument that the next word is for; null: there is none left.</summary>
        public Argument? Argument
        {
            get
            {
                int free = Given.Count;
                foreach (Argument argument in Command.Arguments)
                {
                    if (free < argument.Arity.MaximumNumberOfValues)
                    {
                        return argument;
                    }

                    free -= argument.Arity.MaximumNumberOfValues;
                }

                return null;
            }
        }

        public Option? Option(string name) => Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

        public void Add(string word)
        {
            if (Awaiting is not null)
            {
                Awaiting = null;
            }
            else if (!OnlyArguments && word == "--")
            {
                OnlyArguments = true;
            }
            else if (!OnlyArguments && word.Length > 1 && word[0] == '-')
            {
                AddOption(word);
            }
            else if (Given.Count == 0 && Command.Subcommands.FirstOrDefault(verb => verb.Name == word || verb.Aliases.Contains(word)) is { } verb)
            {
                Command = verb;
            }
            else
            {
                Given.Add(word);
                // Behind the machine's name everything is the guest's.
                OnlyArguments |= GuestArguments.IsGuestVerb(Command.Name);
            }
        }

        private void AddOption(string word)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (Option(equals > 0 ? word[..equals] : word) is { } option)
            {
                Seen.Add(option);
                Awaiting = equals < 0 && TakesValue(option) ? option : null;
            }
        }

        private static IEnumerable<Command> Above(Symbol symbol) => symbol.Parents.OfType<Command>().SelectMany(parent => Above(parent).Prepend(parent));
    }
}
