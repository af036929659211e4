using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>The listening socket that systemd hands to a program that it starts for a connection. See sd_listen_fds(3).</summary>
internal static partial class SystemdSocket
{
    private const int FirstDescriptor = 3;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;

    private static readonly string[] Variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

    /// <summary>Takes the home's socket, and keeps what else is passed, and the word of it, from this process's children. Null where nothing is passed.</summary>
    /// <exception cref="QemuLabException">The socket that is passed is another one's.</exception>
    public static Socket? Take(StatePaths paths)
    {
        int count = CountFor(Environment.GetEnvironmentVariable, Environment.ProcessId);
        foreach (string name in Variables)
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        Socket?[] passed = [.. Enumerable.Range(FirstDescriptor, count).Select(Open)];
        Socket? mine = passed.FirstOrDefault(socket => socket is not null && IsAt(socket, paths.DaemonSocket));
        foreach (Socket? other in passed.Where(other => other != mine))
        {
            other?.Dispose();
        }

        return mine is null && count > 0
            ? throw new QemuLabException(ErrorKind.Usage, "socket-elsewhere", $"systemd listens elsewhere than at {paths.DaemonSocket}, where the clients of this home look", "write its units anew: qemulab service install")
            : mine;
    }

    /// <summary>How many descriptors are meant for this process; a parent's variables may be seen by its children.</summary>
    internal static int CountFor(Func<string, string?> environment, int processId) =>
        environment("LISTEN_PID") == processId.ToString(CultureInfo.InvariantCulture) && int.TryParse(environment("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? count
            : 0;

    /// <summary>They come without close-on-exec: a machine that kept the socket would hold up the next daemon's clients for ever.</summary>
    private static Socket? Open(int descriptor)
    {
        _ = Control(descriptor, SetDescriptorFlags, CloseOnExec);
        try
        {
            return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static bool IsAt(Socket socket, string path) =>
        socket is { AddressFamily: AddressFamily.Unix, SocketType: SocketType.Stream, LocalEndPoint: UnixDomainSocketEndPoint } && socket.LocalEndPoint.ToString() == path;

    /// <summary>Variadic in C, which is the same for these arguments wherever systemd is.</summary>
    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, int argument);
}
