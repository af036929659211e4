using System.Globalization;
using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>The program that has a port of the host.</summary>
/// <param name="Program">Its short name.</param>
public sealed record PortHolder(int ProcessId, string Program)
{
    /// <summary>Looks in /proc; null on other systems, and for other users' programs.</summary>
    public static PortHolder? Find(IPAddress address, int port, TransportProtocol protocol)
    {
        string table = protocol == TransportProtocol.Udp ? "udp" : "tcp";
        var sockets = new[] { $"/proc/net/{table}", $"/proc/net/{table}6" }
            .Where(File.Exists)
            .SelectMany(file => SocketsAt(File.ReadLines(file), address, port, listening: protocol == TransportProtocol.Tcp))
            .Select(inode => $"socket:[{inode}]")
            .ToHashSet();
        return sockets.Count == 0 ? null : Processes().FirstOrDefault(process => Holds(process.ProcessId, sockets));
    }

    /// <summary>The inodes of the sockets that a /proc/net table lists at this address and port, or at all addresses.</summary>
    internal static IEnumerable<string> SocketsAt(IEnumerable<string> table, IPAddress address, int port, bool listening)
    {
        string wantedPort = port.ToString("X4", CultureInfo.InvariantCulture);

        // The kernel prints the address as words of its own byte order.
        string wanted = string.Concat(address.GetAddressBytes().Chunk(4).Select(word => BitConverter.ToUInt32(word).ToString("X8", CultureInfo.InvariantCulture)));
        bool any = wanted.All(digit => digit == '0');
        foreach (string line in table.Skip(1))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] local = fields.Length > 9 ? fields[1].Split(':') : [];
            bool matches = local.Length == 2
                && local[1] == wantedPort
                && (!listening || fields[3] == "0A")
                && (any || local[0].EndsWith(wanted, StringComparison.Ordinal) || local[0].All(digit => digit == '0'));
            if (matches)
            {
                yield return fields[9];
            }
        }
    }

    private static IEnumerable<PortHolder> Processes()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int pid) && Read(Path.Combine(folder, "comm")) is { } name)
            {
                yield return new PortHolder(pid, name.Trim());
            }
        }
    }

    private static bool Holds(int processId, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fd"))
                .Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
