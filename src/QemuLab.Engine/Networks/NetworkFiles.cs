using System.Net.Sockets;

namespace QemuLab.Engine.Networks;

/// <summary>Removes what a network leaves in its folder, and nothing that belongs to the machines.</summary>
internal static class NetworkFiles
{
    public static void Remove(NetworkPaths paths)
    {
        string[] sockets =
        [
            .. Directory.GetFileSystemEntries(paths.Directory, "*" + NetworkPaths.SwitchPortSuffix),
            .. Directory.GetFileSystemEntries(paths.Directory, "*" + NetworkPaths.QemuPortSuffix),
        ];
        string[] named =
        [
            paths.SwitchControl, paths.SwitchPid, paths.SwitchLock, paths.SwitchLog, paths.SwitchState, paths.Leases,
            paths.UplinkQmp, paths.UplinkPid, paths.UplinkLog, paths.Record,
        ];
        foreach (string file in sockets.Concat(named))
        {
            File.Delete(file);
        }

        if (!Directory.EnumerateFileSystemEntries(paths.Directory).Any())
        {
            Directory.Delete(paths.Directory);
        }
    }

    /// <summary>Removes a port's sockets; QEMU's stays where a QEMU still listens on it.</summary>
    public static void RemovePort(NetworkPaths paths, string name)
    {
        File.Delete(paths.SwitchPort(name));
        if (!HasQemu(paths, name))
        {
            File.Delete(paths.QemuPort(name));
        }
    }

    /// <summary>Whether a QEMU listens at the port.</summary>
    public static bool HasQemu(NetworkPaths paths, string name)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(paths.QemuPort(name)));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
