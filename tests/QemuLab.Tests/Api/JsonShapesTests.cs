using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>
/// The names and types of all JSON that scripts read and write. What the file has must stay while the schema's version does:
/// a diff may add lines, and no more.
/// </summary>
public class JsonShapesTests
{
    private static readonly string Path = System.IO.Path.Combine(Golden.Cases, "api", "json-shapes.txt");

    [Fact]
    [Trait("Category", "golden")]
    public void Properties_have_the_names_and_types_that_scripts_know()
    {
        var shapes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (CustomAttributeData root in typeof(ApiJson).GetCustomAttributesData().Where(data => data.AttributeType == typeof(JsonSerializableAttribute)))
        {
            Describe((Type)root.ConstructorArguments[0].Value!, shapes);
        }

        Golden.Matches(Path, $"schema {DocumentSchema.Version}\n\n{string.Join('\n', shapes.Values)}");
    }

    private static void Describe(Type type, SortedDictionary<string, string> shapes)
    {
        if (type.IsEnum)
        {
            shapes[type.Name] = $"{type.Name}: {string.Join(" | ", Enum.GetNames(type).Order(StringComparer.Ordinal))}\n";
            return;
        }

        if (Element(type) is { } element)
        {
            Describe(element, shapes);
            return;
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            Describe(value, shapes);
            return;
        }

        if (ApiJson.Default.GetTypeInfo(type) is not { Kind: JsonTypeInfoKind.Object } info || shapes.ContainsKey(type.Name))
        {
            return;
        }

        shapes[type.Name] = "";
        var text = new StringBuilder(type.Name + "\n");
        foreach (JsonPropertyInfo property in info.Properties.Where(property => property.Get is not null).OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            text.Append("  ").Append(property.Name).Append(": ").Append(Word(property.PropertyType)).Append(property.IsGetNullable ? "?" : "").Append('\n');
            Describe(property.PropertyType, shapes);
        }

        shapes[type.Name] = text.ToString();
    }

    private static string Word(Type type) => type switch
    {
        _ when Nullable.GetUnderlyingType(type) is { } value => Word(value),
        _ when Values(type) is { } values => $"{{ string: {Word(values)} }}",
        _ when Element(type) is { } element => $"[{Word(element)}]",
        _ when type.IsEnum => type.Name,
        _ when type == typeof(string) || type == typeof(Guid) || type == typeof(DateTimeOffset) || type == typeof(TimeSpan) || type == typeof(byte[]) => "string",
        _ when type == typeof(bool) => "boolean",
        _ when type.IsPrimitive => "number",
        _ => type.Name,
    };

    /// <summary>What a dictionary's values are.</summary>
    private static Type? Values(Type type) => type.GetInterfaces().Append(type).FirstOrDefault(known => known.IsGenericType && known.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))?.GetGenericArguments()[1];

    private static Type? Element(Type type) => type == typeof(string) || type == typeof(byte[]) || !typeof(IEnumerable).IsAssignableFrom(type) ? null
        : Values(type) ?? type.GetInterfaces().Append(type).FirstOrDefault(known => known.IsGenericType && known.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];
}
