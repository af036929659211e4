using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using QemuLab.Engine.Networks.Names;

namespace QemuLab.Engine.Networks.Dhcp;

/// <summary>
/// An option's value as text, the way dnsmasq writes it, and as bytes: addresses by commas, numbers in the width that the
/// option has (or a <c>b</c>, <c>s</c>, <c>i</c> behind it says), bytes in hexadecimal by colons, names for the search list, text.
/// </summary>
public static class DhcpOptionValue
{
    private const int SearchList = 119;

    /// <summary>The options of RFC 2132 that hold numbers, and how many bytes they take.</summary>
    private static readonly Dictionary<int, int> Widths = new()
    {
        [2] = 4,
        [13] = 2,
        [19] = 1,
        [20] = 1,
        [22] = 2,
        [23] = 1,
        [24] = 4,
        [25] = 2,
        [26] = 2,
        [27] = 1,
        [29] = 1,
        [30] = 1,
        [31] = 1,
        [34] = 1,
        [35] = 4,
        [36] = 1,
        [37] = 1,
        [38] = 4,
        [39] = 1,
        [46] = 1,
        [51] = 4,
        [57] = 2,
        [58] = 4,
        [59] = 4,
    };

    /// <summary>The bytes of a value; never longer than 255, longer ones are cut.</summary>
    public static byte[] Encode(DhcpOption option)
    {
        string[] parts = [.. option.Value.Split(',').Select(part => part.Trim())];
        byte[] bytes = option.Number == SearchList ? Search(parts)
            : parts.All(part => Subnet.TryParseAddress(part, out _)) ? [.. parts.SelectMany(part => IPAddress.Parse(part).GetAddressBytes())]
            : Numbers(option.Number, parts) ?? Hexadecimal(option.Value) ?? Encoding.UTF8.GetBytes(option.Value);
        return bytes.Length <= 255 ? bytes : bytes[..255];
    }

    /// <summary>Domains as option 119 has them (RFC 3397), without compression.</summary>
    public static byte[] Search(IEnumerable<string> domains) => [.. domains.SelectMany(DnsMessage.NameBytes)];

    private static byte[]? Numbers(int option, string[] parts)
    {
        List<byte> bytes = [];
        foreach (string part in parts)
        {
            int width = Widths.GetValueOrDefault(option);
            string digits = part;
            if (part.Length > 1 && part[^1] is 'b' or 's' or 'i')
            {
                (digits, width) = (part[..^1], part[^1] switch { 'b' => 1, 's' => 2, _ => 4 });
            }

            if (!long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) || number is < int.MinValue or > uint.MaxValue)
            {
                return null;
            }

            byte[] whole = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(whole, unchecked((uint)number));
            width = width > 0 ? width : number is >= 0 and <= byte.MaxValue ? 1 : number is >= 0 and <= ushort.MaxValue ? 2 : 4;
            bytes.AddRange(whole[^width..]);
        }

        return [.. bytes];
    }

    private static byte[]? Hexadecimal(string value)
    {
        string[] parts = value.Split(':');
        return parts.Length > 1 && parts.All(part => part.Length == 2 && byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _))
            ? Convert.FromHexString(string.Concat(parts))
            : null;
    }
}
