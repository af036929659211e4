using System.Globalization;

namespace QemuLab.Engine.Networks;

/// <summary>Rates as <c>tc</c> writes them: <c>10mbit</c>, <c>512kbit</c>, in thousands of bits a second.</summary>
public static class BitRate
{
    public const string Rule = "a rate such as 10mbit, 512kbit or 1gbit";

    private static readonly (string Unit, long Bits)[] Units = [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1_000), ("bit", 1)];

    /// <summary>At least 1 kbit, at most 100 gbit.</summary>
    public static bool TryParse(string? text, out long bitsPerSecond)
    {
        bitsPerSecond = 0;
        foreach ((string unit, long bits) in Units)
        {
            if (text?.EndsWith(unit, StringComparison.OrdinalIgnoreCase) == true)
            {
                bool isNumber = decimal.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number);
                bool fits = isNumber && number is > 0 and <= 100_000_000_000 && number * bits is >= 1_000 and <= 100_000_000_000;
                bitsPerSecond = fits ? (long)(number * bits) : 0;
                return fits;
            }
        }

        return false;
    }

    public static string Text(long bitsPerSecond)
    {
        (string unit, long bits) = Units.First(candidate => bitsPerSecond >= candidate.Bits || candidate.Bits == 1);
        return string.Create(CultureInfo.InvariantCulture, $"{(decimal)bitsPerSecond / bits:0.###}{unit}");
    }
}
