using System.Text;
using QemuLab.Output;

namespace QemuLab.Tests.Output;

public sealed class GuestTextTests
{
    [Theory]
    [InlineData("plain ü text\r\n", "plain ü text\n")]
    [InlineData("\u001b[1;31mred\u001b[0m\n", "red\n")]
    [InlineData("\u001b]0;a title\u001b\\x\u001b]2;b\u0007y\n", "xy\n")]
    public void Escape_sequences_and_characters_may_be_cut_anywhere(string written, string shown)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(written);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var text = new GuestText(raw: false);
            Assert.Equal(shown, text.Next(bytes.AsSpan(0, cut)) + text.Next(bytes.AsSpan(cut)));
        }
    }

    [Fact]
    public void An_escape_sequence_that_never_ends_is_not_kept_for_ever()
    {
        var text = new GuestText(raw: false);
        string shown = text.Next(Encoding.UTF8.GetBytes("a\u001b]" + new string('x', 5000))) + text.Next("b"u8);
        Assert.Equal("ab", shown);
    }

    [Fact]
    public void Raw_text_stays_as_it_is() => Assert.Equal("\u001b[1mx\r\n", new GuestText(raw: true).Next("\u001b[1mx\r\n"u8));
}
