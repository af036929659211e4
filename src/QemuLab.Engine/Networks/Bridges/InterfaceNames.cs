using System.Security.Cryptography;
using System.Text;

namespace QemuLab.Engine.Networks;

/// <summary>Names of interfaces on the host: at most 15 bytes (IFNAMSIZ), the same for the same lab every day.</summary>
public static class InterfaceNames
{
    public static string Bridge(string lab, string network) => "qb" + Hash($"bridge/{lab}/{network}");

    public static string Tap(string lab, string network, string machine) => "qt" + Hash($"tap/{lab}/{network}/{machine}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..10];
}
