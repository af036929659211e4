using System.Globalization;
using System.Text.Json.Nodes;
using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>How much more than there is.</summary>
internal static partial class Kinds
{
    /// <summary>A number from 1 on, with or without a fraction.</summary>
    public static ValueKind<decimal> Factor { get; } = new FactorKind();

    private sealed class FactorKind : ValueKind<decimal>
    {
        private const decimal Maximum = 100;

        public override string Noun => "a number such as 1.5";

        public override JsonObject Schema() => new()
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "number", ["minimum"] = 1, ["maximum"] = Maximum }, new JsonObject { ["$ref"] = "#/$defs/parameterUse" }),
        };

        protected override bool TryReadGiven(string key, YamlValue value, Faults faults, out decimal result)
        {
            result = 1;
            if (value is not YamlScalar { Type: YamlType.Integer or YamlType.Number } scalar || !decimal.TryParse(scalar.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out result))
            {
                faults.Error(value.Place, $"must be {Noun}, not {(value is YamlScalar other ? Quote.Of(other.Source) : value.Noun)}", key);
                return false;
            }

            if (result is < 1 or > Maximum)
            {
                faults.Error(value.Place, $"{Quote.Of(scalar.Source)} is out of range: write 1 to {Maximum}", key);
                return false;
            }

            return true;
        }
    }
}

/// <summary>The rows of <c>overcommit</c>.</summary>
internal static class OvercommitKeys
{
    public static Key<decimal> Memory { get; } = new(
        "memory", Kinds.Factor, Where.Overcommit, "So many times the host's free memory may the machines ask for together: 1.5. A host that runs out of memory ends one of them.")
    { Default = "1" };

    public static IReadOnlyList<Key> All { get; } = [Memory];
}
