using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Machines;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("2G", 2L << 30)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("20GB", 20_000_000_000L)]
    [InlineData("2 TiB", 2L << 40)]
    [InlineData("64k", 64L << 10)]
    [InlineData("100B", 100)]
    public void Sizes_are_read_as_people_write_them(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text).Bytes);

    [Theory]
    [InlineData("4")]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("-1G")]
    [InlineData("1e3M")]
    [InlineData("1GiBs")]
    [InlineData("1,5G")]
    [InlineData("999999999999999T")]
    public void What_is_no_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData("512MiB")]
    [InlineData("2GiB")]
    [InlineData("1.5GiB")]
    [InlineData("100B")]
    public void A_size_is_written_as_it_was_read(string text) => Assert.Equal(text, ByteSize.Parse(text).ToString());
}
