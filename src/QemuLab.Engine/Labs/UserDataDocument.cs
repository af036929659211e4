using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs;

/// <summary>A user-data document as it was written, before substitution, found to be good.</summary>
/// <param name="Origin">For messages: <c>control.yaml</c> or <c>lab.yaml:12:5</c>.</param>
/// <param name="Text">The whole text, first line included.</param>
/// <param name="Place">Where the lab file names it or holds it.</param>
/// <param name="Keys">A cloud-config's keys; none for a script.</param>
internal sealed record UserDataDocument(string Origin, string Text, Place Place, IReadOnlyList<YamlScalar> Keys)
{
    private const string Header = "#cloud-config";

    public bool IsCloudConfig => !Text.StartsWith("#!", StringComparison.Ordinal);

    public bool UsesParameters => UserDataSubstitution.Uses(Text).Any(use => use.Name.StartsWith(UserDataSubstitution.ParameterPrefix, StringComparison.Ordinal));

    /// <summary>Null where it is not there or not good; the faults say why.</summary>
    public static UserDataDocument? Open(Located<YamlValue> asked, LabDocument lab, Faults faults) => asked.Value switch
    {
        YamlMapping mapping => Mapping(mapping, lab, faults),
        YamlScalar scalar when UserDataKind.IsInline(scalar.Text) => Inline(scalar, lab, faults),
        YamlScalar scalar => File(scalar, lab, faults),
        _ => null,
    };

    private static UserDataDocument? Mapping(YamlMapping mapping, LabDocument lab, Faults faults)
    {
        string text = $"{Header}\n{CloudConfigText.Of(mapping)}";
        bool isGood = UserDataNames.Check(text, (_, _) => mapping.Place, lab.Parameters.Keys, faults);
        return isGood ? new(Shown(mapping.Place), text, mapping.Place, [.. mapping.Entries.Select(entry => entry.Key)]) : null;
    }

    private static UserDataDocument? Inline(YamlScalar scalar, LabDocument lab, Faults faults)
    {
        // A literal block's lines follow the line of its key, all with the same indent.
        int indent = scalar.IsLiteral ? Indent(lab.Source.Text, scalar.Place.Line + 1) : 0;
        Place At(int line, int column) => scalar is { IsLiteral: true, Place.Line: > 0 }
            ? scalar.Place with { Line = scalar.Place.Line + line, Column = column + indent }
            : scalar.Place;
        return Parse(new UserDataDocument(Shown(scalar.Place), scalar.Text, scalar.Place, []), At, lab, faults);
    }

    private static UserDataDocument? File(YamlScalar scalar, LabDocument lab, Faults faults)
    {
        SourceFile file = lab.Source.Files.GetValueOrDefault(scalar.Text) ?? new SourceFile(null, "no such file");
        if (file.Text is null)
        {
            faults.Error(scalar.Place, $"{Quote.Of(scalar.Text)}: {file.Error ?? "cannot be read"}", MachineKeys.UserData.Name);
            return null;
        }

        string shown = Path.Combine(Path.GetDirectoryName(lab.Source.DisplayPath) ?? "", scalar.Text);
        string text = file.Text.ReplaceLineEndings("\n");
        return Parse(new UserDataDocument(shown, text, scalar.Place, []), (line, column) => new Place(shown, line, column), lab, faults);
    }

    /// <summary>The document with its keys; null where it is not good.</summary>
    private static UserDataDocument? Parse(UserDataDocument raw, Func<int, int, Place> at, LabDocument lab, Faults faults)
    {
        if (raw.Text.Length > LabReader.MaximumCharacters)
        {
            faults.Error(raw.Place, "the user-data is larger than 1 MiB", MachineKeys.UserData.Name);
            return null;
        }

        if (raw.IsCloudConfig && raw.Text.Split('\n', 2)[0].TrimEnd() != Header)
        {
            faults.Error(at(1, 1), $"user-data begins with a line {Header} or #!/…; other forms cannot be merged");
            return null;
        }

        Faults wrong = new("");
        bool isGood = UserDataNames.Check(raw.Text, at, lab.Parameters.Keys, wrong);
        IReadOnlyList<YamlScalar> keys = raw.IsCloudConfig ? KeysOf(raw.Text, at, wrong) : [];
        faults.Take(wrong);
        return wrong.HasErrors || !isGood ? null : raw with { Keys = keys };
    }

    private static YamlScalar[] KeysOf(string text, Func<int, int, Place> at, Faults faults)
    {
        YamlValue? value = YamlComposer.Compose(UserDataSubstitution.Placeholders(text), faults, mark => at((int)mark.Line, (int)mark.Column));
        if (value is not (null or YamlMapping or YamlScalar { Type: YamlType.Null }))
        {
            faults.Error(value.Place, $"a {Header} is a mapping, not {value.Noun}");
        }

        return value is YamlMapping mapping ? [.. mapping.Entries.Select(entry => entry.Key)] : [];
    }

    private static string Shown(Place place) => place.Line > 0 ? $"{place.File}:{place.Line}:{place.Column}" : place.File;

    private static int Indent(string text, int line)
    {
        string found = text.Split('\n').ElementAtOrDefault(line - 1) ?? "";
        return found.Length - found.TrimStart(' ').Length;
    }
}
