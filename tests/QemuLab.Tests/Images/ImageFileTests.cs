using System.Runtime.InteropServices;
using QemuLab.Engine;
using QemuLab.Engine.Images;
using QemuLab.Engine.Machines;

namespace QemuLab.Tests.Images;

public sealed class ImageFileTests
{
    internal const string Good = """
        name: micro
        description: one line
        user: lab
        shell: /bin/sh
        firmware: kernel
        minimumMemory: 128MiB
        minimumMemoryUefi: 256MiB
        disk: 2GiB
        architectures:
          x86_64: { build: micro/build, args: [--small] }
          aarch64: { url: "https://example.org/a.qcow2", sha512sums: "https://example.org/SHA512SUMS" }
        fallback: other
        ignoredUserData: [packages, apt]
        """;

    [Fact]
    public void Every_key_is_read()
    {
        ImageReference image = ImageFile.Read(Good, "micro.yaml");

        Assert.Equal(("micro", "one line", "lab", "/bin/sh", "other"), (image.Name, image.Description, image.User, image.Shell, image.Fallback));
        Assert.Equal(ImageFirmware.Kernel, image.Firmware);
        Assert.Equal((ByteSize.FromMiB(128), ByteSize.FromMiB(256), ByteSize.FromGiB(2)), (image.MinimumMemory, image.MinimumMemoryUefi, image.Disk));
        Assert.Equal(["packages", "apt"], image.IgnoredUserData);
        Assert.Equal(["--small"], Assert.IsType<ImageOrigin.Build>(image.Origins[Architecture.X64]).Arguments);
        Assert.Equal(
            new ImageOrigin.Download(new Uri("https://example.org/a.qcow2"), null, new Uri("https://example.org/SHA512SUMS")),
            image.Origins[Architecture.Arm64]);
    }

    public static TheoryData<string, string, string> Broken => new()
    {
        { "user: lab", "usr: lab", "m.yaml:1:1: user: missing: write a login name\nm.yaml:3:1: there is no key 'usr' here (did you mean user?)" },
        { "firmware: kernel", "firmware: bios", "m.yaml:5:11: firmware: must be uefi or kernel" },
        { "disk: 2GiB", "disk: 2", "m.yaml:8:7: disk: must be a size such as 512MiB or 2GiB" },
        { "name: micro", "name: Micro Image", "m.yaml:1:7: name: must be a name: use lower-case letters, digits and hyphens, starting and ending with a letter or digit, at most 63 characters" },
        { "shell: /bin/sh", "shell: sh", "m.yaml:4:8: shell: must be an absolute path such as /bin/bash" },
        { "x86_64:", "amd64:", "m.yaml:10:3: there is no architecture 'amd64': write x86_64 or aarch64" },
        { "https://example.org/a.qcow2", "file:///a.qcow2", "m.yaml:11:19: url: must be an http or https URL" },
        { ", sha512sums: \"https://example.org/SHA512SUMS\"", "", "m.yaml:11:12: a download needs sha512 or sha512sums to be checked against" },
        { "sha512sums: \"https://example.org/SHA512SUMS\"", "sha512: abc", "m.yaml:11:58: sha512: must be 128 hexadecimal digits" },
        { "[packages, apt]", "packages", "m.yaml:13:18: ignoredUserData: must be a list of words" },
        { "disk: 2GiB", "disk: 2GiB\ndisk: 3GiB", "m.yaml:9:1: 'disk' is written twice (first in line 8)" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_fault_is_told_with_its_place(string good, string bad, string message)
    {
        ImageFileException fault = Assert.Throws<ImageFileException>(() => ImageFile.Read(Good.Replace(good, bad, StringComparison.Ordinal), "m.yaml"));

        Assert.Equal(message, fault.Message);
        Assert.Equal(ErrorKind.Usage, fault.Kind);
    }

    [Theory]
    [InlineData("", "m.yaml:1:1: the file is empty")]
    [InlineData("- a", "m.yaml:1:1: must be a mapping with the keys of an image, not a list")]
    [InlineData("a: [", "m.yaml:")]
    public void A_text_that_is_no_mapping_is_told(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<ImageFileException>(() => ImageFile.Read(text, "m.yaml")).Message, StringComparison.Ordinal);
}
