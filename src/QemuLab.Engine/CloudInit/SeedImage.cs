using System.Text;

namespace QemuLab.Engine.CloudInit;

/// <summary>The NoCloud seed: a disc labelled <c>cidata</c> that cloud-init finds by that label.</summary>
public static class SeedImage
{
    public const string Label = "cidata";

    /// <summary>The disc's bytes; to be written with mode 0600, since a private key is in them.</summary>
    public static byte[] Build(SeedContent content) => Iso9660Writer.Write(Label,
    [
        File("user-data", content.UserData),
        File("meta-data", content.MetaData),
        File("network-config", content.NetworkConfig),
        // Empty, but there: without it cloud-init asks the network for one on some platforms, and newer versions complain.
        File("vendor-data", ""),
    ]);

    private static IsoFile File(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));
}
