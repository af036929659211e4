using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace QemuLab.Output;

/// <summary>The picture format that every QEMU writes (binary PPM, 8 bits a colour), made into a PNG.</summary>
internal static class PixelMap
{
    private const int BytesAPixel = 3;
    private static readonly uint[] Remainders = [.. Enumerable.Range(0, 256).Select(Remainder)];

    /// <exception cref="InvalidDataException">It is no such picture.</exception>
    public static byte[] ToPng(ReadOnlySpan<byte> ppm)
    {
        int at = 2;
        int width = Number(ppm, ref at), height = Number(ppm, ref at), most = Number(ppm, ref at);
        int row = width * BytesAPixel;
        at++;
        if (!ppm.StartsWith("P6"u8) || most != byte.MaxValue || width == 0 || ppm.Length - at < (long)row * height)
        {
            throw new InvalidDataException("QEMU wrote a picture that is not understood");
        }

        var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n']);

        // 8 bits, red-green-blue, the one compression and filter method that there is, not interlaced.
        byte[] header = [0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        Chunk(png, "IHDR"u8, header);
        Chunk(png, "IDAT"u8, Packed(ppm[at..], row, height));
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    /// <summary>Each row with its filter before it: none.</summary>
    private static byte[] Packed(ReadOnlySpan<byte> pixels, int row, int height)
    {
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(pixels.Slice(y * row, row));
            }
        }

        return packed.ToArray();
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        uint sum = ~Sum(Sum(uint.MaxValue, type), data);
        BinaryPrimitives.WriteUInt32BigEndian(number, sum);
        png.Write(number);
    }

    private static int Number(ReadOnlySpan<byte> ppm, ref int at)
    {
        while (at < ppm.Length && char.IsWhiteSpace((char)ppm[at]))
        {
            at++;
        }

        int start = at;
        while (at < ppm.Length && char.IsAsciiDigit((char)ppm[at]))
        {
            at++;
        }

        return int.TryParse(Encoding.ASCII.GetString(ppm[start..at]), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 65535 ? number : 0;
    }

    /// <summary>CRC-32, as PNG has it.</summary>
    private static uint Sum(uint sum, ReadOnlySpan<byte> bytes)
    {
        foreach (byte one in bytes)
        {
            sum = Remainders[(sum ^ one) & 0xff] ^ (sum >> 8);
        }

        return sum;
    }

    private static uint Remainder(int number)
    {
        uint rest = (uint)number;
        for (int bit = 0; bit < 8; bit++)
        {
            rest = (rest & 1) == 1 ? 0xedb88320 ^ (rest >> 1) : rest >> 1;
        }

        return rest;
    }
}
