using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace QemuLab.Engine.Networks;

/// <summary>A 48-bit Ethernet address, written <c>52:54:00:12:34:56</c>.</summary>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>
    /// The address of a machine's n-th NIC: QEMU's own prefix 52:54:00 and 24 bits of SHA-256 over the names, so that the
    /// same lab file gives the same address on every host and every day.
    /// </summary>
    public static MacAddress For(string lab, string machine, int nic)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"mac/{lab}/{machine}/{nic}")));
        return new MacAddress(0x5254_0000_0000UL | ((ulong)hash[0] << 16) | ((ulong)hash[1] << 8) | hash[2]);
    }

    public static bool TryParse(string? text, out MacAddress address)
    {
        string[] parts = text?.Split(':') ?? [];
        ulong value = 0;
        bool valid = parts.Length == 6;
        foreach (string part in parts)
        {
            valid &= byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet) && part.Length == 2;
            value = (value << 8) | octet;
        }

        address = valid ? new MacAddress(value) : default;
        return valid;
    }

    public override string ToString()
    {
        string digits = Value.ToString("x12", CultureInfo.InvariantCulture);
        return string.Join(':', Enumerable.Range(0, 6).Select(i => digits.Substring(2 * i, 2)));
    }
}
