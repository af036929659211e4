using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Hosts;

public sealed class FileTroubleTests
{
    [Theory]
    [InlineData(28, "disk-full")]
    [InlineData(122, "disk-full")]
    [InlineData(30, "read-only")]
    [InlineData(5, null)]
    public void What_a_person_can_mend_is_no_bug(int number, string? code) =>
        Assert.Equal(code, FileTrouble.Of(new IOException("No space left on device : '/x'", number))?.Code);

    [Fact]
    public void The_path_is_named()
    {
        Assert.Equal("Access to the path '/x' is denied", FileTrouble.Of(new UnauthorizedAccessException("Access to the path '/x' is denied."))?.Message);
        Assert.Null(FileTrouble.Of(new InvalidOperationException()));
    }

    [Fact]
    public void A_full_disk_is_known_by_what_the_runtime_throws()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");

        var error = Assert.Throws<IOException>(() =>
        {
            using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0);
            full.WriteByte(1);
        });

        Assert.Equal("disk-full", FileTrouble.Of(error)?.Code);
    }
}
