using System.Text;
using QemuLab.Output;

namespace QemuLab.Tests.Output;

public sealed class ConsoleModesTests
{
    private const string Always = "\e[0m\e(B\u000f\e>";

    [Theory]
    [InlineData("", "")]
    [InlineData("plain\r\n", Always)]
    [InlineData("\e[?1049h\e[?25lvi", "\e[?25h\e[?1049l" + Always)]
    [InlineData("\e[?1049h\e[?25lvi\e[?25h\e[?1049l", Always)]
    [InlineData("\e[?1000;1006h\e[?2004h", "\e[?1000l\e[?1006l\e[?2004l" + Always)]
    [InlineData("\e[?7l", "\e[?7h" + Always)]
    [InlineData("\e[5;20r", "\e7\e[r\e8" + Always)]
    [InlineData("\e[5;20r\e[r", Always)]
    [InlineData("\e[?1049h\ec", Always)]
    [InlineData("\e[?25\e[?1h", "\e[?1l" + Always)]
    [InlineData("\e[4h\e[31m\e]0;?25l\a", Always)]
    public void What_was_left_switched_is_taken_back(string written, string reset)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(written);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var modes = new ConsoleModes();
            modes.Watch(bytes.AsSpan(0, cut));
            modes.Watch(bytes.AsSpan(cut));
            Assert.Equal(reset, modes.Reset());
        }
    }

    [Fact]
    public void Garbage_is_no_sequence()
    {
        var modes = new ConsoleModes();
        modes.Watch(Encoding.ASCII.GetBytes("\e[?" + new string('1', 100_000) + "h\e[?x;;99999999999h"));
        Assert.Equal(Always, modes.Reset());
    }
}
