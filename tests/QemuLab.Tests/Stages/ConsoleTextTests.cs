using System.Text;
using QemuLab.Engine.Stages;

namespace QemuLab.Tests.Stages;

public sealed class ConsoleTextTests
{
    [Theory]
    [InlineData("login: ", "login: ")]
    [InlineData("one\r\ntwo\r\r\nthree", "one\ntwo\nthree")]
    [InlineData(" 1%\r 2%\rdone\n", " 1%\n 2%\ndone\n")]
    [InlineData("\e[1;32mok\e[0m \e]0;title\adone \e(Bplain", "ok done plain")]
    [InlineData("\e[2J\e[01;01HBoot\e[05;10Hmenu", "\nBoot\nmenu")]
    [InlineData("a\b\u0007\u007fb\tc", "ab\tc")]
    [InlineData("Grüße €😀", "Grüße €😀")]
    [InlineData("\e]0;\e\\x\ePq\e\\y", "xy")]
    public void Text_is_what_a_person_would_read_however_it_is_cut(string written, string read)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(written);
        foreach (int size in (int[])[bytes.Length, 3, 1])
        {
            ConsoleText text = Written(bytes, size);

            Assert.Equal(read, text.Window);
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_are_one_sign_and_what_follows_is_read()
    {
        ConsoleText text = Written([0xff, 0xfe, (byte)'a', 0xc3, (byte)'b', 0xe2, 0x82], 1);

        Assert.Equal("\uFFFD\uFFFDa\uFFFDb", text.Window);
    }

    [Fact]
    public void A_sequence_that_never_ends_hides_no_more_than_its_beginning()
    {
        ConsoleText text = Written(Encoding.ASCII.GetBytes("\e]0;" + new string('x', 1000) + " login: "), 100);

        Assert.EndsWith("xxx login: ", text.Window, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_made_of_the_text_is_known_by_its_place_in_the_log()
    {
        var text = new ConsoleText(1000);
        text.Append("ü\e[0mlogin: \r\nPass"u8, 1000);

        text.Consume(8);
        Assert.Equal((1000 + 13, "\nPass"), (text.Start, text.Window));

        text.Consume(1);
        Assert.Equal((1000 + 15, "Pass"), (text.Start, text.Window));
    }

    [Fact]
    public void A_line_end_of_two_bytes_that_comes_in_two_pieces_is_one_even_when_the_first_was_used_up()
    {
        var text = new ConsoleText(0);
        text.Append("ok\r"u8, 0);
        text.Consume(3);
        text.Append("\nnext"u8, 3);

        Assert.Equal((4, "next"), (text.Start, text.Window));
    }

    [Fact]
    public void Only_the_end_is_kept_of_a_flood()
    {
        var text = new ConsoleText(0);
        byte[] flood = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789abcde\n", 256)));
        for (long at = 0; at < 100 * flood.Length; at += flood.Length)
        {
            text.Append(flood, at);
            Assert.InRange(text.Window.Length, 1, ConsoleText.Longest);
        }

        Assert.Equal((100 * flood.Length) - text.Window.Length, text.Start);
    }

    private static ConsoleText Written(byte[] bytes, int size)
    {
        var text = new ConsoleText(0);
        for (int at = 0; at < bytes.Length; at += size)
        {
            text.Append(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)), at);
        }

        return text;
    }
}
