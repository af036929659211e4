using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace QemuLab.Daemon;

/// <summary>Systemd's notification protocol: datagrams to the socket that NOTIFY_SOCKET names; elsewhere nothing. See sd_notify(3).</summary>
/// <param name="address">A path, or a name of the abstract namespace with a leading @; null: nobody listens.</param>
/// <param name="watchdog">How long systemd waits for a keep-alive; null: it waits for none.</param>
internal sealed class SystemdNotify(string? address = null, TimeSpan? watchdog = null)
{
    private static readonly string[] Variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

    /// <summary>After so long without a keep-alive the daemon is taken for dead.</summary>
    public TimeSpan? Watchdog => watchdog;

    /// <summary>What systemd told this process, which its children are not to hear.</summary>
    public static SystemdNotify Take()
    {
        string?[] values = [.. Variables.Select(Environment.GetEnvironmentVariable)];
        foreach (string name in Variables)
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        return From(values[0], values[1], values[2], Environment.ProcessId);
    }

    /// <summary>By the values of the three variables.</summary>
    internal static SystemdNotify From(string? socket, string? microseconds, string? watched, int processId)
    {
        bool isWatched = (watched is null or "" || watched == processId.ToString(CultureInfo.InvariantCulture))
            && long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out _);
        return new SystemdNotify(
            socket is { Length: > 1 } ? socket : null,
            isWatched && long.Parse(microseconds!, CultureInfo.InvariantCulture) is > 0 and var limit ? TimeSpan.FromMicroseconds(limit) : null);
    }

    public void Send(string state)
    {
        if (address is null)
        {
            return;
        }

        try
        {
            // A leading @ is a socket of the abstract namespace, whose name begins with a zero byte.
            string path = address[0] == '@' ? '\0' + address[1..] : address;
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            // Nobody listens any more; that is no reason to end machines' daemon.
        }
    }
}
