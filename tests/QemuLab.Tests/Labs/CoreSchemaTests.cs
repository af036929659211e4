using QemuLab.Engine.Labs.Yaml;

namespace QemuLab.Tests.Labs;

public sealed class CoreSchemaTests
{
    [Theory]
    [InlineData("no", "Text")]
    [InlineData("yes", "Text")]
    [InlineData("on", "Text")]
    [InlineData("off", "Text")]
    [InlineData("8080:80", "Text")]
    [InlineData("2026-01-01", "Text")]
    [InlineData("1_000", "Text")]
    [InlineData("0b1", "Text")]
    [InlineData("1.2.3", "Text")]
    [InlineData("true", "Boolean")]
    [InlineData("False", "Boolean")]
    [InlineData("tRUE", "Text")]
    [InlineData("null", "Null")]
    [InlineData("~", "Null")]
    [InlineData("", "Null")]
    [InlineData("010", "Integer")]
    [InlineData("-7", "Integer")]
    [InlineData("0x1F", "Integer")]
    [InlineData("0o17", "Integer")]
    [InlineData("1.10", "Number")]
    [InlineData("1e3", "Number")]
    [InlineData(".inf", "Number")]
    public void Plain_words_have_the_types_of_YAML_1_2(string text, string type) =>
        Assert.Equal(type, new YamlScalar(default, text, IsPlain: true).Type.ToString());

    [Theory]
    [InlineData("true")]
    [InlineData("1")]
    [InlineData("")]
    public void What_is_quoted_is_text(string text) => Assert.Equal(YamlType.Text, new YamlScalar(default, text, IsPlain: false).Type);

    [Theory]
    [InlineData("010", 10)]
    [InlineData("0x1F", 31)]
    [InlineData("0o17", 15)]
    [InlineData("+3", 3)]
    public void Whole_numbers_are_decimal_hexadecimal_or_octal(string text, long value)
    {
        Assert.True(CoreSchema.TryInteger(new YamlScalar(default, text, IsPlain: true), out long read));
        Assert.Equal(value, read);
    }
}
