using QemuLab.Commands;

namespace QemuLab.Tests.Commands;

public class CopyPlaceTests
{
    [Theory]
    [InlineData("control0:/tmp/x", "control0", "/tmp/x")]
    [InlineData("control0:", "control0", ".")]
    [InlineData("k8s/control0:a:b", "k8s/control0", "a:b")]
    [InlineData("./control0:x", null, "./control0:x")]
    [InlineData("/tmp/a:b", null, "/tmp/a:b")]
    [InlineData("a/b/c:d", null, "a/b/c:d")]
    [InlineData("File:x", null, "File:x")]
    [InlineData("-", null, "-")]
    public void A_machine_stands_before_the_first_colon(string text, string? machine, string path) =>
        Assert.Equal(new CopyPlace(machine, path), CopyPlace.Parse(text));
}
