using System.Text;
using System.Text.Json;
using QemuLab.Commands;
using QemuLab.Engine;

namespace QemuLab.Tests.Commands;

public sealed class QmpWordsTests
{
    [Theory]
    [InlineData("query-status", "", "query-status {}")]
    [InlineData("set_link", "name=nic0;up=false", """set_link {"name":"nic0","up":false}""")]
    [InlineData("x", "text=a=b \"c\";number=5;object={\"a\":[1]};empty=", """x {"text":"a=b \u0022c\u0022","number":5,"object":{"a":[1]},"empty":""}""")]
    [InlineData("""{"execute":"stop"}""", "", "stop {}")]
    [InlineData(""" {"execute":"x","arguments":{"a":1},"id":7}""", "b=2", """x {"a":1,"b":2}""")]
    public void A_command_is_a_name_with_arguments_or_JSON(string words, string arguments, string meaning)
    {
        QmpWords parsed = QmpWords.Parse(words, arguments.Split(';', StringSplitOptions.RemoveEmptyEntries));
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            parsed.WriteArguments?.Invoke(writer);
            writer.WriteEndObject();
        }

        Assert.Equal(meaning, $"{parsed.Command} {Encoding.UTF8.GetString(buffer.ToArray())}");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"execute\":1}")]
    [InlineData("{\"execute\":\"x\",\"arguments\":[]}")]
    [InlineData("{\"execute\":\"x\",\"argument\":{}}")]
    [InlineData("{\"execute\":\"x\"")]
    public void Anything_else_is_refused(string words) => Assert.Equal("qmp-command-invalid", Assert.Throws<QemuLabException>(() => QmpWords.Parse(words, [])).Code);
}
