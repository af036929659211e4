using System.Runtime.InteropServices;
using QemuLab.Engine.Images;
using QemuLab.Engine.Machines;

namespace QemuLab.Integration.Tests.Images;

internal static class TestImages
{
    public static ImageReference With(ImageOrigin origin) => new()
    {
        Name = "tiny",
        Description = "for tests",
        User = "lab",
        Shell = "/bin/sh",
        Firmware = ImageFirmware.Uefi,
        MinimumMemory = ByteSize.FromMiB(64),
        Disk = ByteSize.FromMiB(16),
        Origins = new Dictionary<Architecture, ImageOrigin> { [RuntimeInformation.OSArchitecture] = origin },
    };
}
