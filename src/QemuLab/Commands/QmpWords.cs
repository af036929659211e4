using System.Text.Json;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>A QMP command as it was typed.</summary>
/// <param name="Command">Such as <c>query-status</c>.</param>
/// <param name="Arguments">Each with its value as JSON.</param>
internal sealed record QmpWords(string Command, IReadOnlyList<KeyValuePair<string, JsonElement>> Arguments)
{
    /// <param name="words">A command's name, or the whole command as JSON.</param>
    /// <param name="arguments">Each <c>key=value</c>.</param>
    /// <exception cref="QemuLabException">It is no command.</exception>
    public static QmpWords Parse(string words, IReadOnlyList<string> arguments)
    {
        QmpWords whole = words.TrimStart().StartsWith('{') ? OfJson(words) : new QmpWords(words, []);
        return whole with { Arguments = [.. whole.Arguments, .. arguments.Select(OfArgument)] };
    }

    /// <summary>Null: the command has none.</summary>
    public Action<Utf8JsonWriter>? WriteArguments => Arguments.Count == 0 ? null : writer =>
    {
        foreach ((string key, JsonElement value) in Arguments)
        {
            writer.WritePropertyName(key);
            value.WriteTo(writer);
        }
    };

    private static QmpWords OfJson(string text)
    {
        JsonElement whole = TryRead(text) ?? throw Wrong("it is no JSON");
        string? unknown = whole.EnumerateObject().Select(member => member.Name).FirstOrDefault(name => name is not ("execute" or "arguments" or "id"));
        if (unknown is not null)
        {
            throw Wrong($"there is no member '{unknown}'");
        }

        if (!whole.TryGetProperty("execute", out JsonElement command) || command.ValueKind != JsonValueKind.String)
        {
            throw Wrong("it has no \"execute\"");
        }

        return whole.TryGetProperty("arguments", out JsonElement arguments)
            ? arguments.ValueKind == JsonValueKind.Object
                ? new QmpWords(command.GetString()!, [.. arguments.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, member.Value))])
                : throw Wrong("its arguments are no object")
            : new QmpWords(command.GetString()!, []);
    }

    /// <summary>Numbers, truth values and objects as such; all else is text, which nobody wants to quote twice.</summary>
    private static KeyValuePair<string, JsonElement> OfArgument(string argument) => argument.Split('=', 2) is [{ Length: > 0 } key, var value]
        ? KeyValuePair.Create(key, TryRead(value) ?? TextOf(value))
        : throw new QemuLabException(ErrorKind.Usage, "usage", $"--arg '{argument}' is not key=value", "such as --arg device=disk-root --arg force=true");

    private static JsonElement TextOf(string text)
    {
        using var document = JsonDocument.Parse($"\"{JsonEncodedText.Encode(text)}\"");
        return document.RootElement.Clone();
    }

    private static JsonElement? TryRead(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static QemuLabException Wrong(string why) => new(ErrorKind.Usage, "qmp-command-invalid", $"this is no QMP command: {why}", "such as '{\"execute\":\"query-status\"}', or only: query-status");
}
