namespace QemuLab.Engine.Hosts;

/// <summary>What this host says of files and disks, as an error that a person can act on: no bug of ours.</summary>
public static class FileTrouble
{
    private const int NoSpace = 28, ReadOnly = 30, QuotaOnLinux = 122, QuotaOnMac = 69;

    /// <summary>Null where it is something else.</summary>
    public static QemuLabException? Of(Exception error) => error switch
    {
        UnauthorizedAccessException => new QemuLabException(ErrorKind.Failed, "not-allowed", Sentence(error), "see whose it is: ls -ld; what a command that ran with sudo has made belongs to root", error),
        IOException { HResult: NoSpace } => new QemuLabException(ErrorKind.Failed, "disk-full", Sentence(error), "make room, or put QEMULAB_HOME on another disk", error),
        IOException { HResult: QuotaOnLinux or QuotaOnMac } => new QemuLabException(ErrorKind.Failed, "disk-full", Sentence(error), "your quota is used up: make room, or put QEMULAB_HOME on another disk", error),
        IOException { HResult: ReadOnly } => new QemuLabException(ErrorKind.Failed, "read-only", Sentence(error), "put QEMULAB_HOME on a disk that can be written to", error),
        _ => null,
    };

    /// <summary>Whether there was no room, or none left of a quota.</summary>
    public static bool IsFull(Exception error) => Of(error) is { Code: "disk-full" };

    /// <summary>The runtime's own words name the path: <c>No space left on device : '/…'</c>.</summary>
    private static string Sentence(Exception error) => error.Message.TrimEnd('.').Replace(" : '", ": '", StringComparison.Ordinal);
}
