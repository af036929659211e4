using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using QemuLab.Output;

namespace QemuLab.Tests.Output;

public sealed class PixelMapTests
{
    [Fact]
    public void A_picture_becomes_a_PNG_of_the_same_pixels()
    {
        byte[] pixels = [255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9];

        byte[] png = PixelMap.ToPng([.. "P6\n3 2\n255\n"u8, .. pixels]);

        Assert.Equal("89504E470D0A1A0A0000000D49484452000000030000000208020000001216F14D", Convert.ToHexString(png[..33]));
        Assert.Equal("0000000049454E44AE426082", Convert.ToHexString(png[^12..]));
        int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(33));
        Assert.Equal("IDAT", Encoding.ASCII.GetString(png, 37, 4));
        using var zlib = new ZLibStream(new MemoryStream(png, 41, length), CompressionMode.Decompress);
        var rows = new MemoryStream();
        zlib.CopyTo(rows);
        Assert.Equal([0, .. pixels[..9], 0, .. pixels[9..]], rows.ToArray());
    }

    [Theory]
    [InlineData("P5\n1 1\n255\n123")]
    [InlineData("P6\n1 1\n65535\n123456")]
    [InlineData("P6\n2 1\n255\n123")]
    [InlineData("P6\n0 1\n255\n")]
    [InlineData("P6")]
    public void Anything_else_is_refused(string picture) => Assert.Throws<InvalidDataException>(() => PixelMap.ToPng(Encoding.ASCII.GetBytes(picture)));
}
