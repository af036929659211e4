using System.Security.Cryptography;
using System.Text;

namespace QemuLab.Engine.CloudInit;

/// <summary>
/// A password as <c>/etc/shadow</c> keeps it: SHA-crypt's <c>$6$</c> with its 5000 rounds, by Ulrich Drepper's public
/// specification. Done here, so that a password is on nobody's command line.
/// </summary>
public static class Sha512Crypt
{
    /// <summary>How many letters of a salt count.</summary>
    public const int SaltLength = 16;

    private const string Prefix = "$6$";
    private const string Letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int Rounds = 5000, Length = 64;

    /// <summary>A salt's letters from random bytes.</summary>
    public static string Salt(ReadOnlySpan<byte> random)
    {
        var salt = new StringBuilder();
        foreach (byte one in random)
        {
            salt.Append(Letters[one & 63]);
        }

        return salt.ToString();
    }

    /// <summary><c>$6$SALT$HASH</c>.</summary>
    public static string Hash(string password, string salt)
    {
        byte[] key = Encoding.UTF8.GetBytes(password), used = Encoding.UTF8.GetBytes(salt[..Math.Min(salt.Length, SaltLength)]);
        byte[] digest = First(key, used);
        byte[] p = Repeat(SHA512.HashData(Repeated(key, key.Length)), key.Length);
        byte[] s = Repeat(SHA512.HashData(Repeated(used, 16 + digest[0])), used.Length);
        for (int round = 0; round < Rounds; round++)
        {
            bool isOdd = round % 2 == 1;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
            hash.AppendData(isOdd ? p : digest);
            if (round % 3 != 0)
            {
                hash.AppendData(s);
            }

            if (round % 7 != 0)
            {
                hash.AppendData(p);
            }

            hash.AppendData(isOdd ? digest : p);
            digest = hash.GetHashAndReset();
        }

        return $"{Prefix}{Encoding.UTF8.GetString(used)}${Encode(digest)}";
    }

    /// <summary>What the rounds begin with.</summary>
    private static byte[] First(byte[] key, byte[] salt)
    {
        byte[] inner = SHA512.HashData([.. key, .. salt, .. key]);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(key);
        hash.AppendData(salt);
        hash.AppendData(Repeat(inner, key.Length));
        for (int bits = key.Length; bits > 0; bits >>= 1)
        {
            hash.AppendData((bits & 1) == 1 ? inner : key);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>The block again and again, up to a length.</summary>
    private static byte[] Repeat(byte[] block, int length)
    {
        byte[] whole = new byte[length];
        for (int i = 0; i < length; i++)
        {
            whole[i] = block[i % block.Length];
        }

        return whole;
    }

    private static byte[] Repeated(byte[] block, int times) => Repeat(block, block.Length * times);

    /// <summary>Three bytes are four letters, the lowest six bits first; the bytes of the three thirds take turns at being the first.</summary>
    private static string Encode(byte[] digest)
    {
        var text = new StringBuilder();
        const int Third = (Length - 1) / 3;
        for (int i = 0; i < Third; i++)
        {
            (byte a, byte b, byte c) = (digest[i], digest[i + Third], digest[i + (2 * Third)]);
            (byte high, byte middle, byte low) = (i % 3) switch { 0 => (a, b, c), 1 => (b, c, a), _ => (c, a, b) };
            Append(text, (high << 16) | (middle << 8) | low, 4);
        }

        Append(text, digest[^1], 2);
        return text.ToString();
    }

    private static void Append(StringBuilder text, int bits, int letters)
    {
        for (int i = 0; i < letters; i++)
        {
            text.Append(Letters[bits & 63]);
            bits >>= 6;
        }
    }
}
