using System.Text;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Boots;

/// <summary>What real guests wrote on their serial consoles, byte by byte; of kernels that are not quiet (<c>-verbose</c>) most lines between the first and the last are left out.</summary>
internal static class RecordedConsole
{
    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Golden.Cases, "consoles", name + ".log"));

    public static IReadOnlyList<string> Lines(string name) => SerialTail.Clean(Encoding.UTF8.GetString(Bytes(name)));
}
