using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Hosts;

/// <summary>Room for what must be written on a full disk; the full disk is played by what is written.</summary>
public sealed class DiskReserveTests : IDisposable
{
    private static readonly IOException Full = new("No space left on device", hresult: 28);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ql-reserve-");

    private string Path => System.IO.Path.Combine(folder.FullName, ".reserve");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void It_is_held_after_the_first_write()
    {
        new DiskReserve(Path).Write(() => { });

        Assert.True(new FileInfo(Path).Length > 100_000);
    }

    [Fact]
    public void It_is_given_to_what_finds_no_room_and_held_again()
    {
        var reserve = new DiskReserve(Path);
        reserve.Write(() => { });
        var seen = new List<bool>();

        reserve.Write(() =>
        {
            seen.Add(File.Exists(Path));
            if (seen.Count == 1)
            {
                throw Full;
            }
        });

        Assert.Equal([true, false], seen);
        Assert.True(File.Exists(Path));
    }

    [Fact]
    public void A_disk_that_is_full_even_so_is_an_error()
    {
        var reserve = new DiskReserve(Path);
        reserve.Write(() => { });

        Assert.Same(Full, Assert.Throws<IOException>(() => reserve.Write(() => throw Full)));
    }

    [Fact]
    public void Another_fault_keeps_it()
    {
        var reserve = new DiskReserve(Path);
        reserve.Write(() => { });

        Assert.Throws<UnauthorizedAccessException>(() => reserve.Write(() => throw new UnauthorizedAccessException()));
        Assert.True(File.Exists(Path));
    }
}
