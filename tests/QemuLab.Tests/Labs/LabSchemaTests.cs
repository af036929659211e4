using System.Text.Json.Nodes;
using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

public sealed class LabSchemaTests
{
    [Fact]
    [Trait("Category", "golden")]
    public void The_shipped_schema_is_the_definitions() =>
        Golden.Matches(Path.Combine(LabFiles.Repository, "cloud-init/lab.schema.json"), LabSchema.Generate());

    [Fact]
    public void Every_reference_has_its_definition()
    {
        JsonNode schema = JsonNode.Parse(LabSchema.Generate())!;

        Assert.All(References(schema), reference => Assert.NotNull(schema["$defs"]![reference["#/$defs/".Length..]]));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(pair => pair.Key == "$ref" ? [pair.Value!.GetValue<string>()] : References(pair.Value)),
        JsonArray a => a.SelectMany(References),
        _ => [],
    };
}
