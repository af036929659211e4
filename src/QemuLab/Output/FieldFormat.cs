using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Output;

/// <summary>A line for each element, by a pattern of the user's over the fields of its JSON: <c>{name}\t{plan.address}</c>.</summary>
internal static partial class FieldFormat
{
    /// <exception cref="QemuLabException">The pattern has a field that there is none of.</exception>
    public static string Line<T>(string pattern, T element)
    {
        JsonTypeInfo<T> type = ApiJson.Info<T>();
        JsonNode node = JsonSerializer.SerializeToNode(element, type)!;
        string text = Escapes().Replace(pattern, escape => escape.Value switch { "\\t" => "\t", "\\n" => "\n", _ => "\\" });
        return Fields().Replace(text, field => Text(Find(node, type, field.Groups[1].Value)));
    }

    private static string Text(JsonNode? value) => value switch
    {
        null => "",
        JsonArray several => string.Join(',', several.Select(Text)),
        JsonObject members => string.Join(',', members.Select(member => $"{member.Key}={Text(member.Value)}")),
        _ => value.ToString(),
    };

    /// <summary>By the type, because what is null is left out of JSON; null where it is.</summary>
    private static JsonNode? Find(JsonNode? at, JsonTypeInfo type, string path)
    {
        string[] names = path.Split('.');
        for (int i = 0; i < names.Length; i++)
        {
            at = (at as JsonObject)?[names[i]];
            if (type.Kind == JsonTypeInfoKind.Dictionary)
            {
                return at;
            }

            JsonPropertyInfo property = type.Properties.FirstOrDefault(known => known.Name == names[i]) ?? throw Unknown(path, [.. names[..i]], names[i], type);
            type = ApiJson.Default.Options.GetTypeInfo(property.PropertyType);
        }

        return at;
    }

    private static QemuLabException Unknown(string path, string[] before, string name, JsonTypeInfo type)
    {
        string[] known = [.. type.Properties.Select(property => property.Name)];
        string all = known.Length == 0 ? "it ends before that" : $"there are: {string.Join(", ", known)}";
        string hint = NearestName.Of(name, known) is { } meant ? $"did you mean {{{string.Join('.', [.. before, meant])}}}? {all}" : all;
        return new QemuLabException(ErrorKind.Usage, "field-unknown", $"there is no field {{{path}}}", hint);
    }

    [GeneratedRegex(@"\{([A-Za-z][A-Za-z0-9.]*)\}")]
    private static partial Regex Fields();

    [GeneratedRegex(@"\\[tn\\]")]
    private static partial Regex Escapes();
}
