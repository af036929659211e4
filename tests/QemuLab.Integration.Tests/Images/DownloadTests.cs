using System.Security.Cryptography;
using QemuLab.Engine;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Machines;
using QemuLab.Integration.Tests.Hosts;

namespace QemuLab.Integration.Tests.Images;

public sealed class DownloadTests : IDisposable
{
    private readonly Scratch home = new();

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task An_image_is_downloaded_over_a_line_that_breaks_and_checked_and_kept()
    {
        ImageStore store = await StoreAsync();
        byte[] disk = await MakeDiskAsync(backing: null);
        await using var server = new LocalServer(disk) { HangUpAfter = 100_000 };

        ImageFiles files = await store.EnsureAsync(Image(server.Url, Digest(disk)));

        Assert.Equal([0, 100_000], server.Starts);
        Assert.Equal(disk, await File.ReadAllBytesAsync(files.Disk));
        Assert.Equal(ByteSize.FromMiB(16), files.VirtualSize);
        Assert.Equal(files, await store.EnsureAsync(Image(server.Url, Digest(disk))));
        Assert.Equal(2, server.Starts.Count);
    }

    [Fact]
    public async Task A_wrong_checksum_leaves_nothing()
    {
        ImageStore store = await StoreAsync();
        await using var server = new LocalServer(await MakeDiskAsync(backing: null));

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => store.EnsureAsync(Image(server.Url, new string('0', 128))));

        Assert.Equal("checksum-mismatch", fault.Code);
        Assert.Equal([".lock"], LeftOver());
    }

    [Fact]
    public async Task What_is_no_qcow2_or_points_to_a_file_of_the_host_is_refused()
    {
        ImageStore store = await StoreAsync();
        await MakeDiskAsync(backing: null);
        byte[] pointing = await MakeDiskAsync(backing: home.File("plain.qcow2"));
        byte[] text = new byte[200_000];
        await using var first = new LocalServer(pointing);
        await using var second = new LocalServer(text);

        QemuLabException points = await Assert.ThrowsAsync<QemuLabException>(() => store.EnsureAsync(Image(first.Url, Digest(pointing))));
        QemuLabException isText = await Assert.ThrowsAsync<QemuLabException>(() => store.EnsureAsync(Image(second.Url, Digest(text))));

        Assert.Equal(("image-refused", "image-refused"), (points.Code, isText.Code));
        Assert.Equal([".lock"], LeftOver());
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        ImageStore store = await StoreAsync();
        var server = new LocalServer([]);
        Uri gone = server.Url;
        await server.DisposeAsync();

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => store.EnsureAsync(Image(gone, new string('0', 128))));

        Assert.Equal("download-failed", fault.Code);
        Assert.Contains("127.0.0.1: cannot download", fault.Message, StringComparison.Ordinal);
        Assert.Contains("refused", fault.Message, StringComparison.Ordinal);
    }

    private async Task<ImageStore> StoreAsync()
    {
        HostFacts facts = await RealHost.WithQemuAsync();
        return new ImageStore(new StatePaths(home.File("state")), () => facts, new CommandRunner());
    }

    private async Task<byte[]> MakeDiskAsync(string? backing)
    {
        HostFacts facts = await RealHost.WithQemuAsync();
        var images = new QemuImg(() => facts, new CommandRunner());
        string path = home.File(backing is null ? "plain.qcow2" : "overlay.qcow2");
        await (backing is null ? images.CreateEmptyAsync(path, ByteSize.FromMiB(16)) : images.CreateOverlayAsync(backing, path, ByteSize.FromMiB(16)));
        return await File.ReadAllBytesAsync(path);
    }

    private static ImageReference Image(Uri url, string digest) => TestImages.With(new ImageOrigin.Download(url, digest, null));

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA512.HashData(content));

    private IEnumerable<string?> LeftOver() => Directory.EnumerateFileSystemEntries(home.File("state/images/tiny")).Select(Path.GetFileName);
}
