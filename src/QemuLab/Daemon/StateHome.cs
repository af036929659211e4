using System.Net.Sockets;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>QemuLab's home folder, made ready for the daemon.</summary>
internal static class StateHome
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes the folder (0700) and checks that it can be written and that its socket's path fits.</summary>
    /// <exception cref="QemuLabException">It cannot be used.</exception>
    public static void Prepare(StatePaths paths)
    {
        CheckSocketPath(paths.DaemonSocket);
        try
        {
            Directory.CreateDirectory(paths.Home, OwnerOnly);
            File.SetUnixFileMode(paths.Home, OwnerOnly);
            using FileStream probe = new(Path.Combine(paths.Home, $".write-{Environment.ProcessId}"), FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new QemuLabException(ErrorKind.Failed, "home-not-writable", $"QemuLab's home {paths.Home} cannot be written: {error.Message}", "set QEMULAB_HOME to a folder of yours", error);
        }
    }

    /// <exception cref="QemuLabException">The kernel would not take the path.</exception>
    public static void CheckSocketPath(string path)
    {
        int limit = OperatingSystem.IsMacOS() ? 103 : 107;
        if (System.Text.Encoding.UTF8.GetByteCount(path) > limit)
        {
            throw new QemuLabException(ErrorKind.Usage, "home-too-long", $"the path {path} is longer than the {limit} bytes that a Unix socket may have", "set QEMULAB_HOME to a shorter path");
        }
    }

    /// <summary>Whether somebody listens on the socket.</summary>
    public static bool Answers(StatePaths paths)
    {
        // .NET reports a missing socket file as "cannot assign requested address".
        if (!File.Exists(paths.DaemonSocket))
        {
            return false;
        }

        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(paths.DaemonSocket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
