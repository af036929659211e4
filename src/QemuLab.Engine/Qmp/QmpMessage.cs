using System.Text.Json;

namespace QemuLab.Engine.Qmp;

/// <summary>One line that QEMU sent, told apart by its members.</summary>
internal abstract record QmpMessage
{
    private QmpMessage()
    {
    }

    internal sealed record Greeting : QmpMessage;

    internal sealed record Return(long Id, JsonElement Value) : QmpMessage;

    internal sealed record Error(long Id, string Class, string Description) : QmpMessage;

    internal sealed record Event(QmpEvent Value) : QmpMessage;

    /// <summary>Valid JSON that means nothing here, such as an answer without our id; it is passed over.</summary>
    internal sealed record Other : QmpMessage;

    /// <exception cref="JsonException">The line is not JSON.</exception>
    internal static QmpMessage Parse(ReadOnlyMemory<byte> line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            return new Other();
        }

        if (root.TryGetProperty("event", out JsonElement name))
        {
            return name.ValueKind == JsonValueKind.String ? new Event(ParseEvent(root, name.GetString()!)) : new Other();
        }

        if (root.TryGetProperty("QMP", out _))
        {
            return new Greeting();
        }

        if (!root.TryGetProperty("id", out JsonElement idElement) || idElement.ValueKind != JsonValueKind.Number || !idElement.TryGetInt64(out long id))
        {
            return new Other();
        }

        if (root.TryGetProperty("return", out JsonElement value))
        {
            return new Return(id, value.Clone());
        }

        return root.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.Object
            ? new Error(id, Text(error, "class"), Text(error, "desc"))
            : new Other();
    }

    private static QmpEvent ParseEvent(JsonElement root, string name)
    {
        DateTimeOffset timestamp = default;
        if (root.TryGetProperty("timestamp", out JsonElement time)
            && time.ValueKind == JsonValueKind.Object
            && time.TryGetProperty("seconds", out JsonElement seconds) && seconds.TryGetInt64(out long whole)
            && time.TryGetProperty("microseconds", out JsonElement microseconds) && microseconds.TryGetInt64(out long part)
            && whole is >= 0 and < 253_402_300_800)
        {
            timestamp = DateTimeOffset.FromUnixTimeSeconds(whole).AddMicroseconds(part);
        }

        return new QmpEvent(name, timestamp, root.TryGetProperty("data", out JsonElement data) ? data.Clone() : default);
    }

    private static string Text(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
