using System.Text.Json;

namespace QemuLab.Engine.Networks;

/// <summary>An interface of the host as <c>ip</c> shows it.</summary>
internal sealed record HostLink
{
    public required string Name { get; init; }

    /// <summary><c>bridge</c>, <c>tun</c>, <c>veth</c> …; null for a physical one.</summary>
    public string? Kind { get; init; }

    /// <summary>The free text that marks what is ours.</summary>
    public string? Alias { get; init; }

    /// <summary>The bridge that it is on.</summary>
    public string? Master { get; init; }

    public int Mtu { get; init; }

    public bool IsUp { get; init; }

    /// <summary>Whether a program holds the tap open.</summary>
    public bool HasCarrier { get; init; }

    /// <summary>The user that may open the tap: the number, or the name where it has one.</summary>
    public string? User { get; init; }

    /// <summary>Such as <c>10.77.0.1/24</c>.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Reads <c>ip -json -details address show</c>.</summary>
    public static IReadOnlyList<HostLink> Parse(string json)
    {
        if (json.Length == 0)
        {
            return [];
        }

        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Where(link => link.TryGetProperty("ifname", out _)).Select(Read)];
    }

    private static HostLink Read(JsonElement link)
    {
        string[] flags = [.. Items(link, "flags").Select(flag => flag.GetString()!)];
        JsonElement? info = link.TryGetProperty("linkinfo", out JsonElement found) ? found : null;
        return new HostLink
        {
            Name = Text(link, "ifname")!,
            Kind = info is { } kind ? Text(kind, "info_kind") : null,
            Alias = Text(link, "ifalias"),
            Master = Text(link, "master"),
            Mtu = link.TryGetProperty("mtu", out JsonElement mtu) ? mtu.GetInt32() : 0,
            IsUp = flags.Contains("UP"),
            HasCarrier = flags.Contains("LOWER_UP"),
            User = info is { } data && data.TryGetProperty("info_data", out JsonElement details) ? Text(details, "user") : null,
            Addresses =
            [
                .. from address in Items(link, "addr_info")
                   where address.TryGetProperty("local", out _)
                   select $"{Text(address, "local")}/{address.GetProperty("prefixlen").GetInt32()}",
            ],
        };
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement array) && array.ValueKind == JsonValueKind.Array ? array.EnumerateArray() : default;

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText() : null;
}
