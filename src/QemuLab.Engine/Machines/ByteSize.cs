using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace QemuLab.Engine.Machines;

/// <summary>A size in bytes as people write it: <c>512MiB</c>, <c>2G</c> (binary, as QEMU takes it), <c>1.5GiB</c>, <c>20GB</c> (decimal).</summary>
public readonly partial record struct ByteSize(long Bytes) : IComparable<ByteSize>
{
    public const long KiB = 1L << 10, MiB = 1L << 20, GiB = 1L << 30, TiB = 1L << 40;

    public static ByteSize FromMiB(long mebibytes) => new(mebibytes * MiB);

    public static ByteSize FromGiB(long gibibytes) => new(gibibytes * GiB);

    /// <summary>Whole mebibytes, rounded down: the unit QEMU's <c>-m</c> takes.</summary>
    public long InMiB => Bytes / MiB;

    /// <summary>Takes a number with a unit. A number without one is refused: is it MiB, GiB or bytes? Every tool answers differently.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ByteSize size)
    {
        size = default;
        Match match = NumberAndUnit().Match(text ?? "");
        if (!match.Success || !decimal.TryParse(match.Groups[1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            return false;
        }

        decimal bytes = number;
        int power = "BKMGT".IndexOf(char.ToUpperInvariant(match.Groups[2].Value[0]), StringComparison.Ordinal);
        bool isDecimal = match.Groups[3].Value.Equals("B", StringComparison.OrdinalIgnoreCase);
        for (; power > 0; power--)
        {
            bytes *= isDecimal ? 1000 : 1024;
            if (bytes > long.MaxValue)
            {
                return false;
            }
        }

        size = new ByteSize((long)bytes);
        return true;
    }

    /// <exception cref="FormatException">Not a number with a unit.</exception>
    public static ByteSize Parse(string text) =>
        TryParse(text, out ByteSize size) ? size : throw new FormatException($"'{text}' is not a size such as 512MiB or 2GiB");

    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;
    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;
    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;
    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;

    /// <summary>The largest binary unit that leaves a short number: <c>512MiB</c>, <c>2GiB</c>, <c>1.5GiB</c>, <c>100B</c>.</summary>
    public override string ToString()
    {
        (long unit, string name) = Bytes switch
        {
            >= TiB when Bytes % (TiB / 10) == 0 => (TiB, "TiB"),
            >= GiB => (GiB, "GiB"),
            >= MiB => (MiB, "MiB"),
            >= KiB => (KiB, "KiB"),
            _ => (1, "B"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{(double)Bytes / unit:0.##}{name}");
    }

    [GeneratedRegex(@"\A\s*(\d{1,15}(?:\.\d{1,6})?)\s*([KMGT](?=iB|B|\s*\z)|B(?=\s*\z))(iB|B)?\s*\z", RegexOptions.IgnoreCase)]
    private static partial Regex NumberAndUnit();
}
