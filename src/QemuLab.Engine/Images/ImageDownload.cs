using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Images;

/// <summary>
/// Fetches a file over HTTP and checks it against its SHA-512. What has come is kept when the line breaks, and the next
/// attempt goes on from there; the digest is of the whole file, so that a wrong continuation is found out.
/// </summary>
/// <param name="handler">The network; the tests' own in tests.</param>
internal sealed class ImageDownload(HttpMessageHandler handler) : IDisposable
{
    private const int Attempts = 4;

    /// <summary>Without a byte for this long, the attempt ends.</summary>
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(60);

    private readonly HttpClient client = new(handler, disposeHandler: false) { Timeout = StallLimit };

    /// <summary>The digest that the file must have: the pinned one, or that of the file's line in SHA512SUMS.</summary>
    public async Task<string> ExpectedDigestAsync(ImageOrigin.Download origin, CancellationToken cancellation)
    {
        if (origin.Sha512 is { } pinned)
        {
            return pinned;
        }

        Uri sums = origin.Sha512Sums!;
        try
        {
            string text = await client.GetStringAsync(sums, cancellation);
            string file = Uri.UnescapeDataString(origin.Url.Segments[^1]);
            return Sha512Sums.DigestOf(file, text) ?? throw new QemuLabException(
                ErrorKind.Failed, "checksum-mismatch", $"{sums} has no line for {file}", "has the image a newer name? Look at the server and change the image's file");
        }
        catch (Exception cause) when (DownloadFailure.IsOfNetwork(cause, cancellation))
        {
            throw DownloadFailure.For(sums, cause);
        }
    }

    /// <summary>Fetches into <paramref name="path"/>, going on with what is there.</summary>
    /// <exception cref="QemuLabException">download-failed, checksum-mismatch (nothing is kept then) or disk-full.</exception>
    public async Task FetchAsync(Uri url, string digest, string path, IProgress<ImageProgress> progress, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            long before = Length(path);
            try
            {
                if (await ReceiveAsync(url, path, progress, cancellation) == digest)
                {
                    return;
                }

                File.Delete(path);
                if (before == 0)
                {
                    throw new QemuLabException(
                        ErrorKind.Failed, "checksum-mismatch", $"{url}: the file that came has another SHA-512 than {digest[..16]}…; it was thrown away",
                        "has the server a newer file, or does a proxy change it? Try again, or change the image's file");
                }

                // It was begun by an earlier attempt, maybe with another version of the file: once more from the start.
            }
            catch (IOException full) when (DownloadFailure.IsDiskFull(full))
            {
                throw DownloadFailure.DiskFull(path, full);
            }
            catch (Exception cause) when (DownloadFailure.IsOfNetwork(cause, cancellation))
            {
                bool moved = Length(path) > before;
                if (attempt >= Attempts || !moved)
                {
                    throw DownloadFailure.For(url, cause);
                }
            }
        }
    }

    public void Dispose() => client.Dispose();

    /// <summary>One request; gives the digest of the whole file.</summary>
    private async Task<string> ReceiveAsync(Uri url, string path, IProgress<ImageProgress> progress, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        byte[] buffer = new byte[1 << 17];
        while (file.Position < file.Length && await file.ReadAsync(buffer, cancellation) is > 0 and int count)
        {
            hash.AppendData(buffer, 0, count);
        }

        using HttpResponseMessage response = await RequestAsync(url, file.Length, cancellation);
        if (response.StatusCode != HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            response.EnsureSuccessStatusCode();
            if (file.Length > 0 && !IsContinuation(response, file.Length))
            {
                // A server without ranges sends the whole file again.
                file.SetLength(0);
                _ = hash.GetHashAndReset();
            }

            await CopyAsync(response, file, hash, buffer, progress, cancellation);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task<HttpResponseMessage> RequestAsync(Uri url, long from, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Range = from > 0 ? new RangeHeaderValue(from, null) : null;
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private static bool IsContinuation(HttpResponseMessage response, long from) =>
        response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == from;

    private static async Task CopyAsync(
        HttpResponseMessage response, FileStream file, IncrementalHash hash, byte[] buffer, IProgress<ImageProgress> progress, CancellationToken cancellation)
    {
        long? total = response.Content.Headers.ContentLength is { } rest ? file.Length + rest : null;
        long step = Math.Max(4 * ByteSize.MiB, (total ?? 0) / 100);
        long reported = -step;
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        while (await ReadAsync(body, buffer, cancellation) is > 0 and int count)
        {
            await file.WriteAsync(buffer.AsMemory(0, count), cancellation);
            hash.AppendData(buffer, 0, count);
            if (file.Position - reported >= step || file.Position == total)
            {
                reported = file.Position;
                progress.Report(Progress(file.Position, total));
            }
        }

        if (total is { } expected && file.Position < expected)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, "the server ended early");
        }

        await file.FlushAsync(cancellation);
        file.Flush(flushToDisk: true);
    }

    private static async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellation)
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stall.CancelAfter(StallLimit);
        return await body.ReadAsync(buffer, stall.Token);
    }

    private static ImageProgress Progress(long done, long? total) => total is { } all
        ? new ImageProgress("download", $"{new ByteSize(done)} of {new ByteSize(all)}", new ByteSize(done), new ByteSize(all))
        : new ImageProgress("download", $"{new ByteSize(done)}", new ByteSize(done));

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;
}
