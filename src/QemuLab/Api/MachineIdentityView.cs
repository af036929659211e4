using System.Text.Json;

namespace QemuLab.Api;

/// <summary>What a machine is called, and its labels.</summary>
internal interface IMachineIdentity
{
    string Lab { get; }

    string Name { get; }

    IReadOnlyDictionary<string, string> Labels { get; }
}

/// <summary>
/// As much of a <see cref="MachineView"/> as a verb needs that only passes names on. It is read out of the same answer, in a
/// fraction of the time, and without the serializer: to learn of a type takes it longer than to read fifty machines.
/// </summary>
/// <param name="Lab">Its lab.</param>
/// <param name="Name">Of the machine.</param>
internal sealed record MachineIdentityView(string Lab, string Name) : IMachineIdentity
{
    /// <summary>By their keys; empty for a machine that the lab file no longer has.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; private init; } = new Dictionary<string, string>();

    /// <summary>Those of an array of machines.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static IReadOnlyList<MachineIdentityView> ListOf(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var machines = new List<MachineIdentityView>();
        foreach (JsonElement machine in document.RootElement.EnumerateArray())
        {
            machines.Add(Of(machine));
        }

        return machines;
    }

    /// <summary>That of a machine.</summary>
    public static MachineIdentityView Of(JsonElement machine) =>
        new(machine.GetProperty("lab").GetString()!, machine.GetProperty("name").GetString()!) { Labels = LabelsOf(machine) };

    private static Dictionary<string, string> LabelsOf(JsonElement machine)
    {
        var labels = new Dictionary<string, string>();
        if (machine.TryGetProperty("plan", out JsonElement plan) && plan.ValueKind == JsonValueKind.Object && plan.TryGetProperty("labels", out JsonElement told) && told.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty label in told.EnumerateObject())
            {
                labels[label.Name] = label.Value.GetString() ?? "";
            }
        }

        return labels;
    }
}
