using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs;

/// <summary>A lab file as a tree that fits the definition: settings put in, parameters substituted, every key known.</summary>
internal sealed record LabDocument(LabSource Source, Section Lab, IReadOnlyDictionary<string, YamlScalar> Parameters)
{
    /// <summary>Null where no tree can be made at all; the faults say why.</summary>
    public static LabDocument? Open(LabSource source, Faults faults)
    {
        Place start = new(source.DisplayPath, 1, 1);
        if (source.Text.Length > LabReader.MaximumCharacters)
        {
            faults.Error(start, $"the file has {source.Text.Length:N0} characters: a lab file is at most 1 MiB");
            return null;
        }

        YamlValue? root = YamlComposer.Compose(source.Text, faults, source.DisplayPath);
        if (root is not YamlMapping mapping)
        {
            if (!faults.HasErrors)
            {
                bool isEmpty = root is null or YamlScalar { Type: YamlType.Null };
                faults.Error(start, isEmpty ? "the file is empty: a lab needs name, image and groups" : $"a lab file is a mapping with name, image and groups, not {root!.Noun}");
            }

            return null;
        }

        mapping = Settings.Apply(mapping, source.Settings, faults);
        Dictionary<string, YamlScalar> parameters = Declared(mapping);
        mapping = new ParameterSubstitution(parameters, faults).Apply(mapping);
        return Objects.Lab.TryRead("lab", mapping, faults, out Section? lab) ? new LabDocument(source, lab, parameters) : null;
    }

    public IReadOnlyList<Named<Section>> Groups => Lab.Get(LabKeys.Groups)?.Value ?? [];

    /// <summary>Every mapping that describes machines, in the file's order.</summary>
    public IEnumerable<Section> MachineSections()
    {
        yield return Lab.Get(LabKeys.Defaults)?.Value ?? Section.Empty;
        foreach (Named<Section> group in Groups)
        {
            yield return group.Value;
            foreach (Named<Section> machine in group.Value.Get(GroupKeys.Machines)?.Value ?? [])
            {
                yield return machine.Value;
            }
        }
    }

    /// <summary>Taken as they are, before the definition is applied to them: what is wrong with them is reported there.</summary>
    private static Dictionary<string, YamlScalar> Declared(YamlMapping lab) =>
        (lab[LabKeys.Parameters.Name] as YamlMapping)?.Entries
            .Where(entry => entry.Value is YamlScalar)
            .ToDictionary(entry => entry.Key.Text, entry => (YamlScalar)entry.Value) ?? [];
}
