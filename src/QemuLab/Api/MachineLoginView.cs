using System.Text.Json;
using QemuLab.Engine.Machines;

namespace QemuLab.Api;

/// <summary>
/// As much of a <see cref="MachineView"/> as a verb needs that goes into a machine by SSH. It is read without the serializer, as
/// <see cref="MachineIdentityView"/> is: most of what <c>exec</c> takes would go by with that.
/// </summary>
/// <param name="Lab">Its lab.</param>
/// <param name="Name">Of the machine.</param>
internal sealed record MachineLoginView(string Lab, string Name) : IMachineIdentity
{
    public required string Group { get; init; }

    public required bool IsRunning { get; init; }

    /// <summary>State and phase for people, such as <c>Running (ready)</c>.</summary>
    public required string Status { get; init; }

    public string? Hint { get; init; }

    /// <summary>The path of the ssh_config; null for a machine that the lab file no longer has.</summary>
    public string? SshConfig { get; init; }

    /// <summary>Who logs in; null as above.</summary>
    public string? SshUser { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Those of an array of machines.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static IReadOnlyList<MachineLoginView> ListOf(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var machines = new List<MachineLoginView>();
        foreach (JsonElement machine in document.RootElement.EnumerateArray())
        {
            MachineIdentityView identity = MachineIdentityView.Of(machine);
            JsonElement? ssh = machine.TryGetProperty("ssh", out JsonElement told) && told.ValueKind == JsonValueKind.Object ? told : null;
            machines.Add(new(identity.Lab, identity.Name)
            {
                Group = machine.GetProperty("group").GetString()!,
                IsRunning = machine.GetProperty("state").GetString() == nameof(MachineState.Running),
                Status = machine.GetProperty("status").GetString()!,
                Hint = TextOf(machine, "hint"),
                SshConfig = ssh is { } config ? TextOf(config, "config") : null,
                SshUser = ssh is { } login ? TextOf(login, "user") : null,
                Labels = identity.Labels,
            });
        }

        return machines;
    }

    private static string? TextOf(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;
}
