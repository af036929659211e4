using QemuLab.Output;

namespace QemuLab.Tests.Output;

public class TerminalTextTests
{
    [Theory]
    [InlineData("\e[2J\e[01;01Hhello\r\n", "hello\n")]
    [InlineData("\e[1;32m[  OK  ]\e[0m Started", "[  OK  ] Started")]
    [InlineData("\e]0;title\aprompt", "prompt")]
    [InlineData("\e]0;title\e\\prompt", "prompt")]
    [InlineData("a\tb\b\a\0c", "a\tbc")]
    [InlineData("\e(Bümlaut…", "ümlaut…")]
    [InlineData("\u009b31mred", "31mred")]
    public void Escapes_and_control_characters_go_and_text_stays(string raw, string plain) =>
        Assert.Equal(plain, TerminalText.Plain(raw));
}
