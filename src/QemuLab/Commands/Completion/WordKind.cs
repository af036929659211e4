using System.CommandLine;
using System.CommandLine.Completions;

namespace QemuLab.Commands.Completion;

/// <summary>What stands in an argument's or an option's place, for a shell that completes it.</summary>
internal enum WordKind
{
    File,
    Folder,
    Verb,
    Machine,
    MachineOrGroup,
    Deleted,
    Lab,
    Snapshot,

    /// <summary>LAB, for its main network, or LAB/NETWORK.</summary>
    Network,

    /// <summary>A network's own name, as a lab file has it.</summary>
    NetworkName,
    Image,
    CachedImage,
}

/// <summary>Says of arguments and options what completes them. The source has the kind only: it is asked for when a shell asks.</summary>
internal static class Completions
{
    /// <summary>Marks a completion item whose label is a kind and no word.</summary>
    public const string Marker = "kind";

    public static Argument<T> Completes<T>(this Argument<T> argument, params WordKind[] kinds)
    {
        argument.CompletionSources.Add(_ => Items(kinds));
        // Help would list the words otherwise.
        argument.HelpName ??= argument.Name;
        return argument;
    }

    /// <summary>An argument that has a few words to choose from.</summary>
    public static Argument<T> Completes<T>(this Argument<T> argument, IEnumerable<string> words)
    {
        argument.CompletionSources.Add(_ => words.Select(word => new CompletionItem(word)));
        argument.HelpName ??= argument.Name;
        return argument;
    }

    public static Option<T> Completes<T>(this Option<T> option, params WordKind[] kinds)
    {
        option.CompletionSources.Add(_ => Items(kinds));
        option.HelpName ??= option.Name.TrimStart('-');
        return option;
    }

    /// <inheritdoc cref="Completes{T}(Argument{T}, IEnumerable{string})"/>
    public static Option<T> Completes<T>(this Option<T> option, IEnumerable<string> words)
    {
        option.CompletionSources.Add(_ => words.Select(word => new CompletionItem(word)));
        option.HelpName ??= option.Name.TrimStart('-');
        return option;
    }

    private static IEnumerable<CompletionItem> Items(WordKind[] kinds) => kinds.Select(kind => new CompletionItem(kind.ToString(), Marker));
}
