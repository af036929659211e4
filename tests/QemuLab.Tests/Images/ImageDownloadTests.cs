using System.Security.Cryptography;
using QemuLab.Engine;
using QemuLab.Engine.Images;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Images;

public sealed class ImageDownloadTests : IDisposable
{
    private static readonly Uri Url = new("http://images.example/d/disk.qcow2");
    private readonly TemporaryDirectory folder = new();
    private readonly FakeServer server = new();
    private readonly byte[] content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31))];
    private readonly ProgressLog progress = new();

    public ImageDownloadTests() => server.Files["/d/disk.qcow2"] = content;

    public void Dispose()
    {
        server.Dispose();
        folder.Dispose();
    }

    private string Target => folder.File("begun");

    private string Digest => Convert.ToHexStringLower(SHA512.HashData(content));

    [Fact]
    public async Task A_file_comes_whole_and_its_progress_is_told()
    {
        await FetchAsync();

        Assert.Equal(content, await File.ReadAllBytesAsync(Target));
        Assert.Equal(300_000, progress.Reports[^1].Done?.Bytes);
        Assert.Equal(300_000, progress.Reports[^1].Total?.Bytes);
    }

    [Fact]
    public async Task A_line_that_breaks_is_taken_up_where_it_broke()
    {
        server.BreakAfter = 100_000;

        await FetchAsync();

        Assert.Equal(["/d/disk.qcow2", "/d/disk.qcow2 bytes=100000-"], server.Requests);
        Assert.Equal(content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task A_download_of_an_earlier_time_goes_on()
    {
        await File.WriteAllBytesAsync(Target, content[..200_000]);

        await FetchAsync();

        Assert.Equal(["/d/disk.qcow2 bytes=200000-"], server.Requests);
        Assert.Equal(content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task What_was_begun_with_another_file_is_thrown_away_and_begun_anew()
    {
        await File.WriteAllBytesAsync(Target, new byte[200_000]);

        await FetchAsync();

        Assert.Equal(["/d/disk.qcow2 bytes=200000-", "/d/disk.qcow2"], server.Requests);
        Assert.Equal(content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task What_is_there_whole_is_only_checked()
    {
        await File.WriteAllBytesAsync(Target, content);

        await FetchAsync();

        Assert.Equal(content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task A_server_without_ranges_sends_all_of_it_again()
    {
        using var plain = new FakeServer { KnowsRanges = false };
        plain.Files["/d/disk.qcow2"] = content;
        await File.WriteAllBytesAsync(Target, content[..200_000]);
        using var download = new ImageDownload(plain);

        await download.FetchAsync(Url, Digest, Target, progress, CancellationToken.None);

        Assert.Equal(content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task A_wrong_digest_leaves_nothing()
    {
        QemuLabException fault = await FaultAsync(new string('0', 128));

        Assert.Equal("checksum-mismatch", fault.Code);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_named_with_what_to_try()
    {
        server.Faults.Enqueue(new HttpRequestException(HttpRequestError.NameResolutionError, "Name or service not known"));

        QemuLabException fault = await FaultAsync(Digest);

        Assert.Equal("download-failed", fault.Code);
        Assert.Equal("images.example: cannot download http://images.example/d/disk.qcow2: the name cannot be resolved", fault.Message);
        Assert.Contains("curl -I", fault.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_told_as_such_and_what_has_come_is_kept()
    {
        server.Files.Clear();
        await File.WriteAllBytesAsync(Target, content[..1000]);

        QemuLabException fault = await FaultAsync(Digest);

        Assert.Contains("there is no such file there", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1000, new FileInfo(Target).Length);
    }

    [Fact]
    public async Task A_full_disk_is_told()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        File.CreateSymbolicLink(Target, "/dev/full");
        using var download = new ImageDownload(server);

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => download.FetchAsync(Url, Digest, Target, progress, CancellationToken.None));

        Assert.Equal("disk-full", fault.Code);
    }

    [Fact]
    public async Task Giving_up_is_not_a_fault_of_the_server()
    {
        using var download = new ImageDownload(server);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download.FetchAsync(Url, Digest, Target, progress, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task The_digest_comes_from_the_line_of_the_file()
    {
        server.Files["/d/SUMS"] = System.Text.Encoding.ASCII.GetBytes($"{new string('1', 128)}  other.qcow2\n{Digest} *./disk.qcow2\n");
        using var download = new ImageDownload(server);

        Assert.Equal(Digest, await download.ExpectedDigestAsync(new ImageOrigin.Download(Url, null, new Uri(Url, "SUMS")), CancellationToken.None));
        Assert.Null(Sha512Sums.DigestOf("third.qcow2", $"{Digest}  disk.qcow2"));
    }

    private async Task FetchAsync()
    {
        using var download = new ImageDownload(server);
        await download.FetchAsync(Url, Digest, Target, progress, CancellationToken.None);
    }

    private async Task<QemuLabException> FaultAsync(string digest)
    {
        using var download = new ImageDownload(server);
        return await Assert.ThrowsAsync<QemuLabException>(() => download.FetchAsync(Url, digest, Target, progress, CancellationToken.None));
    }
}
