using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// Reads OpenSSH's private key file (PROTOCOL.key). The public half stands in it in the clear, so that a .pub file that is
/// missing or someone else's does no harm.
/// </summary>
internal static class OpenSshKey
{
    private const string Begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private const string End = "-----END OPENSSH PRIVATE KEY-----";

    public static bool TryReadPublic(string privateKey, [NotNullWhen(true)] out string? publicKey)
    {
        publicKey = null;
        int begin = privateKey.IndexOf(Begin, StringComparison.Ordinal);
        int end = privateKey.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            return false;
        }

        try
        {
            ReadOnlySpan<byte> rest = Convert.FromBase64String(privateKey[(begin + Begin.Length)..end]);
            ReadOnlySpan<byte> magic = "openssh-key-v1\0"u8;
            if (!rest.StartsWith(magic))
            {
                return false;
            }

            rest = rest[magic.Length..];
            // Cipher, key derivation and its options; then the number of keys; then the first public one.
            _ = Take(ref rest);
            _ = Take(ref rest);
            _ = Take(ref rest);
            rest = rest[4..];
            ReadOnlySpan<byte> blob = Take(ref rest);
            ReadOnlySpan<byte> inner = blob;
            publicKey = $"{Encoding.ASCII.GetString(Take(ref inner))} {Convert.ToBase64String(blob)}";
            return true;
        }
        catch (Exception fault) when (fault is FormatException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(rest);
        ReadOnlySpan<byte> field = rest.Slice(4, length);
        rest = rest[(4 + length)..];
        return field;
    }
}
