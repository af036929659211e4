using System.Text.RegularExpressions;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs;

/// <summary>
/// Puts parameters in the place of <c>${name}</c> in the values of a lab file; <c>$${</c> stands for <c>${</c>. A value
/// that is nothing but <c>${name}</c> takes the parameter's type. Inline user-data is left alone: it has names of its own.
/// </summary>
internal sealed partial class ParameterSubstitution(IReadOnlyDictionary<string, YamlScalar> parameters, Faults faults)
{
    public YamlMapping Apply(YamlMapping lab) => lab with
    {
        Entries = [.. lab.Entries.Select(entry => entry.Key.Text == LabKeys.Parameters.Name ? entry : Apply(entry))],
    };

    private YamlEntry Apply(YamlEntry entry)
    {
        bool isInline = entry.Key.Text == MachineKeys.UserData.Name
            && (entry.Value is not YamlScalar scalar || UserDataKind.IsInline(scalar.Text));
        return isInline ? entry : entry with { Value = Apply(entry.Value) };
    }

    private YamlValue Apply(YamlValue value) => value switch
    {
        YamlMapping mapping => mapping with { Entries = [.. mapping.Entries.Select(Apply)] },
        YamlSequence sequence => sequence with { Items = [.. sequence.Items.Select(Apply)] },
        YamlScalar scalar when scalar.Text.Contains("${", StringComparison.Ordinal) => Apply(scalar),
        _ => value,
    };

    private YamlScalar Apply(YamlScalar scalar)
    {
        Match whole = Use().Match(scalar.Text);
        if (whole.Length == scalar.Text.Length && whole.Groups[1].Length == 0)
        {
            return Find(scalar, whole.Groups[2].Value) is { } parameter
                ? scalar with { Text = parameter.Text, IsPlain = parameter.IsPlain }
                : scalar with { IsUnresolved = true };
        }

        bool isUnresolved = false;
        string text = Use().Replace(scalar.Text, use =>
        {
            string? value = use.Groups[1].Length > 0 ? use.Value[1..] : Find(scalar, use.Groups[2].Value)?.Text;
            isUnresolved |= value is null;
            return value ?? use.Value;
        });
        return scalar with { Text = text, IsUnresolved = isUnresolved };
    }

    private YamlScalar? Find(YamlScalar scalar, string name)
    {
        if (parameters.TryGetValue(name, out YamlScalar? parameter))
        {
            // Why one is not usable is said where it is declared.
            return ParameterKind.IsUsable(parameter) ? parameter : null;
        }

        string message = UserDataSubstitution.Names.Contains(name)
            ? $"${{{name}}} has a meaning in user-data only"
            : $"no parameter {Quote.Of(name)} is declared{Suggestion.Hint(name, parameters.Keys)}; write $${{ for a ${{ that is to stay";
        faults.Error(scalar.Place, message);
        return null;
    }

    [GeneratedRegex(@"(\$?)\$\{([^{}]*)\}")]
    private static partial Regex Use();
}
