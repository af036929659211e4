using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs;

/// <summary>Checks the names of <c>${lab.…}</c>, <c>${machine.…}</c> and <c>${parameters.…}</c> in user-data. All other <c>${…}</c> are the shell's.</summary>
internal static class UserDataNames
{
    /// <summary>Whether all are known.</summary>
    public static bool Check(string text, Func<int, int, Place> at, IEnumerable<string> parameters, Faults faults)
    {
        string[] names = [.. UserDataSubstitution.Names, .. parameters.Select(name => UserDataSubstitution.ParameterPrefix + name)];
        bool isGood = true;
        foreach ((string name, int index) in UserDataSubstitution.Uses(text).Where(use => !names.Contains(use.Name)))
        {
            int line = text.AsSpan(0, index).Count('\n') + 1;
            int column = index - text.LastIndexOf('\n', Math.Max(0, index - 1));
            string hint = Suggestion.For(name, names) is { } near ? $" (did you mean ${{{near}}}?)" : $" (there are {string.Join(", ", names)})";
            faults.Error(at(line, index == 0 ? 1 : column), $"nothing is substituted for ${{{name}}}{hint}; write $${{ for a ${{ that is to stay");
            isGood = false;
        }

        return isGood;
    }
}
