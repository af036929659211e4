using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace QemuLab.Integration.Tests;

/// <summary>As much of a VNC viewer as it takes to be let in or not.</summary>
internal static class VncViewer
{
    private const byte PasswordAuthentication = 2;

    /// <summary>Whether the server lets one in with a password.</summary>
    public static async Task<bool> IsLetInAsync(int port, string password)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using NetworkStream stream = client.GetStream();
        Assert.Equal("RFB 003.008\n", Encoding.ASCII.GetString(await ReadAsync(stream, 12)));
        await stream.WriteAsync("RFB 003.008\n"u8.ToArray());
        byte[] kinds = await ReadAsync(stream, (await ReadAsync(stream, 1))[0]);
        Assert.Equal([PasswordAuthentication], kinds);
        await stream.WriteAsync(new[] { PasswordAuthentication });
        await stream.WriteAsync(Answer(await ReadAsync(stream, 16), password));
        return (await ReadAsync(stream, 4)).All(one => one == 0);
    }

    /// <summary>The challenge in the password's code; each byte of the key with its bits from right to left, as VNC has it.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "the protocol has no other")]
    private static byte[] Answer(byte[] challenge, string password)
    {
        byte[] key = [.. Encoding.ASCII.GetBytes(password.PadRight(8, '\0')[..8]).Select(Reversed)];
        using var code = DES.Create();
        code.Key = key;
        return code.EncryptEcb(challenge, PaddingMode.None);
    }

    private static byte Reversed(byte one)
    {
        int reversed = 0;
        for (int bit = 0; bit < 8; bit++)
        {
            reversed |= ((one >> bit) & 1) << (7 - bit);
        }

        return (byte)reversed;
    }

    private static async Task<byte[]> ReadAsync(NetworkStream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }
}
