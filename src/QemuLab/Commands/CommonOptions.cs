using System.CommandLine;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>Options that several verbs have, spelled the same everywhere.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json(string what) => new("--json") { Description = what };

    public static Option<bool> Force() => new("--force", "-f") { Description = "End the machine at once; the guest is not asked" };

    public static Option<bool> NoWait() => new("--no-wait") { Description = "Return as soon as the machines run, not when they are ready" };

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Do not ask" };

    public static Option<string?> Grace() => new("--grace", "-t") { Description = "How long the guest may take to shut down (30s, 2m)", HelpName = "duration" };

    public static Option<string?> Timeout() => new("--timeout") { Description = "The hard limit for the whole command (90s, 10m); without it only lack of progress ends the wait", HelpName = "duration" };

    public static Option<string[]> Set() => new("--set") { Description = "Give a parameter of the lab file another value; may be repeated", HelpName = "key=value", DefaultValueFactory = _ => [] };

    /// <exception cref="QemuLabException">It is not a duration.</exception>
    public static double? SecondsOf(ParseResult parse, Option<string?> option) => DurationOf(parse, option)?.TotalSeconds;

    /// <exception cref="QemuLabException">It is not a duration, or longer than the daemon waits for anything.</exception>
    public static double? WaitOf(ParseResult parse, Option<string?> option) => WaitOf(parse, option, RequestCheck.LongestWait);

    /// <inheritdoc cref="WaitOf(ParseResult, Option{string?})"/>
    public static double? WaitOf(ParseResult parse, Option<string?> option, TimeSpan longest) => DurationOf(parse, option) is { } duration && duration > longest
        ? throw new QemuLabException(ErrorKind.Usage, "duration-invalid", $"{option.Name} '{parse.GetValue(option)}' is more than {longest.TotalDays:0} day{(longest.TotalDays > 1 ? "s" : "")}", "leave it out for no limit")
        : SecondsOf(parse, option);

    /// <exception cref="QemuLabException">It is below zero.</exception>
    public static T? CountOf<T>(ParseResult parse, Option<T?> option, string what) where T : struct, System.Numerics.INumber<T> => parse.GetValue(option) is { } number && T.IsNegative(number)
        ? throw new QemuLabException(ErrorKind.Usage, "number-invalid", $"{option.Name} '{number}' is not {what}", "give 0 or more")
        : parse.GetValue(option);

    private static TimeSpan? DurationOf(ParseResult parse, Option<string?> option) => parse.GetValue(option) switch
    {
        null => null,
        var text when Duration.TryParse(text, out TimeSpan duration) => duration,
        var text => throw new QemuLabException(ErrorKind.Usage, "duration-invalid", $"{option.Name} '{text}' is not {Duration.Rule}"),
    };
}
