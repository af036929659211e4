using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Definition;

namespace QemuLab.Engine.Labs;

/// <summary>The lab file's definition as a JSON Schema, for editors.</summary>
public static class LabSchema
{
    /// <summary>JSON text of draft 2020-12, the same at every call.</summary>
    public static string Generate()
    {
        JsonObject schema = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "QemuLab lab file",
        };
        foreach ((string name, JsonNode? value) in Object(Objects.Lab))
        {
            schema[name] = value?.DeepClone();
        }

        JsonObject definitions = new() { ["parameterUse"] = ParameterUse() };
        foreach (ObjectKind kind in LabDefinition.Objects.Where(kind => kind != Objects.Lab))
        {
            definitions[kind.SchemaName] = Object(kind);
        }

        schema["$defs"] = definitions;
        return Write(schema);
    }

    private static JsonObject ParameterUse() => new()
    {
        ["type"] = "string",
        ["pattern"] = @"\$\{[^}]+\}",
        ["description"] = "A value that a parameter gives: ${name}.",
    };

    private static JsonObject Object(ObjectKind kind)
    {
        JsonObject properties = [];
        foreach (Key key in kind.Keys)
        {
            JsonObject property = key.AnyKind.Schema();
            property.Insert(0, "description", key.Description);
            if (key.Default is { } text)
            {
                property["default"] = int.TryParse(text, out int number) ? number : bool.TryParse(text, out bool flag) ? flag : text;
            }

            properties[key.Name] = property;
        }

        JsonObject schema = new()
        {
            ["type"] = kind.MayBeEmpty ? new JsonArray("object", "null") : "object",
            ["additionalProperties"] = false,
            ["properties"] = properties,
        };
        if (kind.Keys.Any(key => key.IsRequired))
        {
            schema["required"] = new JsonArray([.. kind.Keys.Where(key => key.IsRequired).Select(key => JsonValue.Create(key.Name))]);
        }

        return schema;
    }

    private static string Write(JsonObject schema)
    {
        using MemoryStream stream = new();
        JsonWriterOptions options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (Utf8JsonWriter writer = new(stream, options))
        {
            schema.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
