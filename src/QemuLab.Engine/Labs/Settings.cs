using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs;

/// <summary>
/// Puts what <c>--set key=value</c> gave into the tree: a declared parameter first, else any key by its path. The value is
/// read as YAML; an empty one takes the key out.
/// </summary>
internal static class Settings
{
    public static YamlMapping Apply(YamlMapping lab, IReadOnlyList<string> settings, Faults faults)
    {
        foreach (string setting in settings)
        {
            string[] parts = setting.Split('=', 2);
            if (parts.Length < 2 || parts[0].Trim().Length == 0)
            {
                faults.Error(new Place("--set", 0, 0), $"{Quote.Of(setting)} is not a setting: write key=value, such as workers=5 or defaults.memory=1GiB");
                continue;
            }

            lab = Apply(lab, parts[0].Trim(), parts[1], faults);
        }

        return lab;
    }

    private static YamlMapping Apply(YamlMapping lab, string key, string text, Faults faults)
    {
        Place place = Place.OfSetting(key);
        YamlValue value = new YamlScalar(place, "", IsPlain: true);
        if (text.Trim().Length > 0)
        {
            Faults wrong = new("");
            if (YamlComposer.Compose(text, wrong, _ => place) is not { } composed || wrong.HasErrors)
            {
                faults.Error(place, "the value is not YAML: put quotes around it, such as --set 'key=\"a: b\"'");
                return lab;
            }

            value = composed;
        }

        YamlMapping? parameters = lab[LabKeys.Parameters.Name] as YamlMapping;
        string[] path = parameters?[key] is null ? key.Split('.') : [LabKeys.Parameters.Name, key];
        (YamlValue? put, string? fault) = Put(lab, Objects.Lab, path, value, place);
        if (fault is not null)
        {
            IEnumerable<string> names = parameters?.Entries.Select(entry => entry.Key.Text) ?? [];
            bool isWord = path.Length == 1;
            faults.Error(place, isWord && Suggestion.For(key, names) is { } name ? $"no parameter and no key of that name (did you mean {name}?)" : fault);
        }

        return put as YamlMapping ?? lab;
    }

    /// <summary>The value with what is at the path below it replaced, or why there is no such path.</summary>
    private static (YamlValue? Value, string? Fault) Put(YamlValue? current, ValueKind kind, ReadOnlySpan<string> path, YamlValue value, Place place)
    {
        if (path.Length == 0)
        {
            bool isParameter = kind is ParameterKind;
            return (value is YamlScalar { Type: YamlType.Null } && !isParameter ? null : value, null);
        }

        // A label's name may have dots.
        bool isLabel = ReferenceEquals(kind, MachineKeys.Labels.Kind);
        string name = isLabel ? string.Join('.', path!) : path[0];
        if (kind.Child(name, current) is not { } child)
        {
            return (null, NoSuchPath(name, kind, current));
        }

        YamlMapping mapping = current as YamlMapping ?? new YamlMapping(place, []);
        (YamlValue? put, string? fault) = Put(mapping[name], child, isLabel ? [] : path[1..], value, place);
        return fault is null ? (mapping.With(name, place, put), null) : (null, fault);
    }

    private static string NoSuchPath(string name, ValueKind kind, YamlValue? current)
    {
        string[] names = [.. kind.ChildNames(current)];
        return kind switch
        {
            ObjectKind known => known.UnknownKey(name),
            _ when names.Length == 0 => $"there is nothing below it that is called {Quote.Of(name)}",
            _ => $"{Quote.Of(name)} is not there{(Suggestion.For(name, names) is { } near ? $" (did you mean {near}?)" : $" (there are {string.Join(", ", names)})")}",
        };
    }
}
