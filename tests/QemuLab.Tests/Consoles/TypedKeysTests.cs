using QemuLab.Engine.Consoles;

namespace QemuLab.Tests.Consoles;

public sealed class TypedKeysTests
{
    [Theory]
    [InlineData("ret", "ret")]
    [InlineData("Enter", "ret")]
    [InlineData("ctrl-alt-delete", "ctrl alt delete")]
    [InlineData("Ctrl+Alt+Del", "ctrl alt delete")]
    [InlineData("alt-sysrq-b", "alt sysrq b")]
    [InlineData("shift-minus", "shift minus")]
    [InlineData("win", "meta_l")]
    public void Keys_that_are_pressed_together_have_names(string text, string names)
    {
        Assert.True(TypedKeys.TryParse(text, out IReadOnlyList<string> keys, out _));
        Assert.Equal(names, string.Join(' ', keys));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("ctrl-", "")]
    [InlineData("ctrl-foo", "foo")]
    [InlineData("f13", "f13")]
    public void What_no_key_is_called_is_told(string text, string unknown)
    {
        Assert.False(TypedKeys.TryParse(text, out _, out string? told));
        Assert.Equal(unknown, told);
    }

    [Fact]
    public void Every_printable_character_of_ASCII_can_be_typed_each_by_other_keys()
    {
        string[] typed = [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => string.Join('-', TypedKeys.ForCharacter((char)code) ?? throw new InvalidOperationException($"'{(char)code}'")))];
        Assert.Equal(typed.Length, typed.Distinct().Count());
        Assert.All(typed, keys => Assert.True(TypedKeys.TryParse(keys, out _, out _), keys));
        Assert.Equal(("ret", "tab", "shift-a"), (TypedKeys.ForCharacter('\n')![0], TypedKeys.ForCharacter('\t')![0], string.Join('-', TypedKeys.ForCharacter('A')!)));
        Assert.Null(TypedKeys.ForCharacter('ü'));
    }
}
