using System.CommandLine;
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
    public static double? SecondsOf(ParseResult parse, Option<string?> option) => parse.GetValue(option) switch
    {
        null => null,
        var text when Duration.TryParse(text, out TimeSpan duration) => duration.TotalSeconds,
        var text => throw new QemuLabException(ErrorKind.Usage, "duration-invalid", $"{option.Name} '{text}' is not {Duration.Rule}"),
    };
}
