using System.Security.Cryptography;
using System.Text;

namespace QemuLab.Engine.CloudInit;

/// <summary>The NoCloud seed's meta-data: who this instance is.</summary>
internal static class MetaData
{
    public static string For(string instanceId, string hostname) => ConfigWriter.Write(new ConfigNode.Mapping(
    [
        ("instance-id", instanceId),
        ("local-hostname", hostname),
    ]));

    /// <summary><c>NAME-</c> and 16 digits of a SHA-256 over everything that the seed says.</summary>
    public static string InstanceId(string name, string userData, string networkConfig)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{name}\0{userData}\0{networkConfig}"));
        return $"{name}-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}";
    }
}
