using QemuLab.Commands;
using QemuLab.Engine;

namespace QemuLab.Tests.Commands;

public sealed class EscapeKeyTests
{
    [Theory]
    [InlineData("^]", 0x1d, "Ctrl-]")]
    [InlineData("^a", 1, "Ctrl-A")]
    [InlineData("ctrl-x", 0x18, "Ctrl-X")]
    [InlineData("Ctrl+X", 0x18, "Ctrl-X")]
    [InlineData("C-b", 2, "Ctrl-B")]
    [InlineData("^@", 0, "Ctrl-@")]
    public void A_key_with_Ctrl_is_one_byte(string text, int code, string name) => Assert.Equal(new EscapeKey((byte)code, name), EscapeKey.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("q")]
    [InlineData("^")]
    [InlineData("^ab")]
    [InlineData("ctrl-")]
    [InlineData("ctrl-f1")]
    [InlineData("CA")]
    public void Anything_else_is_refused(string text) => Assert.Equal("escape-invalid", Assert.Throws<QemuLabException>(() => EscapeKey.Parse(text)).Code);

    [Fact]
    public void It_is_found_among_what_was_typed()
    {
        Assert.Equal((2, null, 0), (EscapeKey.Parse("^]").IndexIn("ab\u001dcd"u8), EscapeKey.Parse("^]").IndexIn("abcd"u8), EscapeKey.Parse("^A").IndexIn([1])));
        Assert.Null(EscapeKey.Parse("none").IndexIn([0, 0x1d]));
    }
}
