using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>Asks before something is removed for good.</summary>
internal static class Confirmation
{
    /// <summary>Asks on a terminal; without one, the flag is the answer that is missing.</summary>
    /// <param name="cli">Where it is asked.</param>
    /// <param name="what">What would be done, for whoever cannot be asked.</param>
    /// <param name="question">Without the answers.</param>
    /// <exception cref="QemuLabException">There is nobody to ask.</exception>
    public static bool IsGiven(Cli cli, string what, string question)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            throw new QemuLabException(ErrorKind.Usage, "not-confirmed", what, "say that you mean it: --yes");
        }

        cli.Terminal.Error.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }
}
