using System.Net;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Images;

/// <summary>What to say when a download fails, and what to try.</summary>
internal static class DownloadFailure
{
    /// <summary>EDQUOT of Linux and of macOS.</summary>
    private const int QuotaOnLinux = 122, QuotaOnMacOS = 69;

    public static bool IsDiskFull(IOException failure) => failure is not HttpIOException && failure.HResult is NativeFile.NoSpace or QuotaOnLinux or QuotaOnMacOS;

    /// <summary>The line, the server, or a stall; not the user who gave up.</summary>
    public static bool IsOfNetwork(Exception failure, CancellationToken cancellation) =>
        !cancellation.IsCancellationRequested
        && failure is HttpRequestException or HttpIOException or OperationCanceledException or IOException { InnerException: System.Net.Sockets.SocketException };

    public static QemuLabException For(Uri url, Exception cause)
    {
        (string why, string hint) = cause switch
        {
            HttpRequestException { StatusCode: HttpStatusCode.NotFound or HttpStatusCode.Gone } => ("there is no such file there", "has the image a newer name? Look at the server and change the image's file"),
            HttpRequestException { StatusCode: { } status } => ($"the server answered {(int)status}", "try again later, or name another server in the image's file"),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => ("the name cannot be resolved", $"is there a network here? Try: curl -I {url}"),
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => ("no secure connection", $"does a proxy stand between? Its certificate must be known to the host. Try: curl -I {url}"),
            OperationCanceledException => ("nothing came for a minute", "try again: it goes on where it stopped"),
            HttpIOException => ("the connection broke off", "try again: it goes on where it stopped"),
            _ => (Innermost(cause), $"is there a network here, and does it need a proxy (https_proxy)? Try: curl -I {url}"),
        };
        return new QemuLabException(ErrorKind.Failed, "download-failed", $"{url.Host}: cannot download {url}: {why}", hint, cause);
    }

    public static QemuLabException DiskFull(string path, IOException cause) => new(
        ErrorKind.Failed,
        "disk-full",
        $"the disk is full: {Path.GetDirectoryName(path)} cannot take the image",
        "make room (qemulab image list shows what images take), or put QEMULAB_HOME on another disk",
        cause);

    private static string Innermost(Exception cause) => cause.GetBaseException().Message;
}
