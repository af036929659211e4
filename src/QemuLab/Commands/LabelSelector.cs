using QemuLab.Api;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>Machines by their labels, in the words of kubectl's equality-based selectors: <c>a=b</c>, <c>a!=b</c>, <c>a</c>, <c>!a</c>, all of which must hold.</summary>
internal sealed class LabelSelector
{
    private readonly IReadOnlyList<Func<IReadOnlyDictionary<string, string>, bool>> terms;

    private LabelSelector(IReadOnlyList<Func<IReadOnlyDictionary<string, string>, bool>> terms) => this.terms = terms;

    /// <param name="texts">Each one or several terms, with commas between.</param>
    /// <exception cref="QemuLabException">A term is none.</exception>
    public static LabelSelector Parse(IEnumerable<string> texts) =>
        new([.. texts.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries)).Select(Term)]);

    /// <summary>Whether a machine has all that was asked for.</summary>
    public bool Selects(IMachineIdentity machine) => Selects(machine.Labels);

    /// <inheritdoc cref="Selects(IMachineIdentity)"/>
    public bool Selects(IReadOnlyDictionary<string, string> labels) => terms.All(term => term(labels));

    private static Func<IReadOnlyDictionary<string, string>, bool> Term(string text)
    {
        string[] parts = text.Split("!=") is [_, _] unequal ? unequal : text.Split("==") is [_, _] doubled ? doubled : text.Split('=');
        bool isNegated = text.Contains("!=", StringComparison.Ordinal);
        string key = parts[0].Trim();
        return parts.Length switch
        {
            1 when key.Length > 1 && key[0] == '!' => labels => !labels.ContainsKey(key[1..]),
            1 when key.Length > 0 && key[0] != '!' => labels => labels.ContainsKey(key),
            2 when key.Length > 0 && isNegated => labels => labels.GetValueOrDefault(key) != parts[1].Trim(),
            2 when key.Length > 0 => labels => labels.GetValueOrDefault(key) == parts[1].Trim(),
            _ => throw new QemuLabException(ErrorKind.Usage, "selector-invalid", $"'{text}' selects nothing", "write role=control, role!=control, role or !role"),
        };
    }
}
