namespace QemuLab.Commands;

/// <summary>
/// Keeps a guest's command away from our parser: in <c>exec NAME ls -h</c> the <c>-h</c> is the guest's. Everything behind
/// the machine's name is set off by <c>--</c>, where the user did not write it.
/// </summary>
internal static class GuestArguments
{
    private static readonly string[] Verbs = ["exec", "ssh", "shell"];

    public static bool IsGuestVerb(string verb) => Verbs.Contains(verb);

    public static string[] Separate(string[] arguments)
    {
        if (arguments.Length < 3 || !Verbs.Contains(arguments[0]))
        {
            return arguments;
        }

        int name = Array.FindIndex(arguments, 1, argument => !argument.StartsWith('-'));
        return name < 0 || Array.IndexOf(arguments, "--", 0, name) >= 0 || name + 1 == arguments.Length || arguments[name + 1] == "--"
            ? arguments
            : [.. arguments[..(name + 1)], "--", .. arguments[(name + 1)..]];
    }
}
