using System.Globalization;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs;

/// <summary>Makes a machine's user-data parts: each document is looked through once, then substituted for every machine that has it.</summary>
internal sealed class UserDataReader(LabDocument document, Faults faults)
{
    private readonly Dictionary<Place, UserDataDocument?> documents = [];

    private readonly Dictionary<string, string> parameters = document.Parameters
        .Where(parameter => ParameterKind.IsUsable(parameter.Value))
        .ToDictionary(parameter => UserDataSubstitution.ParameterPrefix + parameter.Key, parameter => parameter.Value.Text);

    public IReadOnlyList<UserDataPart> PartsOf(MachineDraft draft, ImageReference? image)
    {
        List<UserDataPart> parts = [];
        foreach (Located<YamlValue> asked in draft.Layers.All(MachineKeys.UserData))
        {
            if (!documents.TryGetValue(asked.Place, out UserDataDocument? known))
            {
                known = UserDataDocument.Open(asked, document, faults);
                CheckSubstituted(known);
                documents[asked.Place] = known;
            }

            if (known is not null)
            {
                Warn(known, image);
                parts.Add(new UserDataPart(known.Origin, Substituted(known, draft)));
            }
        }

        return parts;
    }

    private void Warn(UserDataDocument known, ImageReference? image)
    {
        foreach (YamlScalar key in known.Keys.Where(key => image?.IgnoredUserData.Contains(key.Text) == true))
        {
            faults.Warning(key.Place, $"image {image!.Name} ignores the user-data key {key.Text}");
        }
    }

    /// <summary>All but the address and the domain, which the planner decides.</summary>
    private string Substituted(UserDataDocument known, MachineDraft draft)
    {
        Dictionary<string, string> values = new(parameters)
        {
            [UserDataSubstitution.LabName] = document.Lab.Get(LabKeys.Name)?.Value.Value ?? "",
            [UserDataSubstitution.MachineName] = draft.Name.Value,
            [UserDataSubstitution.MachineGroup] = draft.Group.Value,
            [UserDataSubstitution.MachineIndex] = draft.Index.ToString(CultureInfo.InvariantCulture),
        };
        return UserDataSubstitution.ApplyFirst(known.Text, values);
    }

    /// <summary>A parameter with a quote or a line break in it can make the document another one; its text may be a secret and is not shown.</summary>
    private void CheckSubstituted(UserDataDocument? known)
    {
        if (known is not { IsCloudConfig: true, UsesParameters: true })
        {
            return;
        }

        Faults wrong = new("");
        string text = UserDataSubstitution.Placeholders(UserDataSubstitution.ApplyFirst(known.Text, parameters));
        YamlMapping? mapping = YamlComposer.Compose(text, wrong, known.Origin) as YamlMapping;
        if (wrong.HasErrors || !known.Keys.Select(key => key.Text).SequenceEqual(mapping?.Entries.Select(entry => entry.Key.Text) ?? []))
        {
            faults.Error(known.Place, "with the parameters put in, this user-data is not the same YAML any more: write the parameter inside quotes, and without quotes or line breaks in its value", MachineKeys.UserData.Name);
        }
    }
}
