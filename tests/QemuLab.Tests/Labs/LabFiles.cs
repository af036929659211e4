using System.Runtime.InteropServices;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Labs;

/// <summary>Lab files for tests: in memory, and those of the repository.</summary>
internal static class LabFiles
{
    public static IReadOnlyList<ImageReference> Images { get; } =
    [
        Image("debian-12", ImageFirmware.Uefi, minimum: "256MiB", minimumUefi: "384MiB"),
        Image("micro", ImageFirmware.Kernel, minimum: "64MiB", minimumUefi: null) with { IgnoredUserData = ["packages", "apt"] },
    ];

    public static LabSource Source(string text, params string[] settings) =>
        new() { DisplayPath = "lab.yaml", BaseDirectory = "/labs", Text = text, Settings = settings };

    public static LabReading Read(string text, params string[] settings) => LabReader.Read(Source(text, settings), Images);

    /// <summary>The reading of a file that is to have no faults.</summary>
    public static Lab Lab(string text, params string[] settings)
    {
        LabReading reading = Read(text, settings);
        Assert.Equal("", Text(reading));
        return reading.LabOrThrow();
    }

    /// <summary>A lab of one machine, <c>a</c>, with these lines.</summary>
    public static string OneMachine(string lines) =>
        "name: x\nimage: micro\ngroups:\n  a:\n" + string.Concat(lines.Split('\n').Select(line => $"    {line}\n"));

    public static string Text(LabReading reading) => string.Join('\n', reading.Diagnostics);

    public static string Repository { get; } = Above(AppContext.BaseDirectory);

    private static string Above(string folder) =>
        File.Exists(Path.Combine(folder, "QemuLab.sln")) ? folder : Above(Path.GetDirectoryName(folder.TrimEnd('/'))!);

    private static ImageReference Image(string name, ImageFirmware firmware, string minimum, string? minimumUefi) => new()
    {
        Name = name,
        Description = name,
        User = "lab",
        Shell = "/bin/sh",
        Firmware = firmware,
        MinimumMemory = ByteSize.Parse(minimum),
        MinimumMemoryUefi = minimumUefi is null ? null : ByteSize.Parse(minimumUefi),
        Disk = ByteSize.FromGiB(2),
        Origins = new Dictionary<Architecture, ImageOrigin>(),
    };
}
