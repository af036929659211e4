using System.Security.Cryptography;
using System.Text.RegularExpressions;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>Knows a host key again that a wrong machine has sent: each machine's lies in its folder, beside those of its lab.</summary>
internal static partial class HostKeyOwner
{
    /// <summary>The other machine of the lab that has answered.</summary>
    /// <param name="quote">How a login has failed, with the fingerprint of the key.</param>
    /// <param name="folder">The folder of the machine that was asked for.</param>
    /// <returns>Null where no fingerprint is told, or it is of none of them.</returns>
    public static string? Of(string? quote, string folder)
    {
        if (quote is null || Fingerprint().Match(quote) is not { Success: true, Value: var sent })
        {
            return null;
        }

        string own = Path.GetFullPath(folder);
        try
        {
            return Directory.EnumerateDirectories(Path.GetDirectoryName(own)!).Where(other => other != own && IsOf(other, sent)).Select(Path.GetFileName).FirstOrDefault();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>As ssh writes it.</summary>
    internal static string FingerprintOf(string publicKey) =>
        "SHA256:" + Convert.ToBase64String(SHA256.HashData(Convert.FromBase64String(publicKey.Split(' ')[1]))).TrimEnd('=');

    private static bool IsOf(string folder, string fingerprint)
    {
        string file = new MachineDirectory(folder, folder, "").HostKey + ".pub";
        try
        {
            return File.Exists(file) && FingerprintOf(File.ReadAllText(file)) == fingerprint;
        }
        catch (Exception broken) when (broken is FormatException or IndexOutOfRangeException)
        {
            return false;
        }
    }

    [GeneratedRegex("SHA256:[A-Za-z0-9+/]{43}")]
    private static partial Regex Fingerprint();
}
