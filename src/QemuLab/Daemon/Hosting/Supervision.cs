using System.Net.Sockets;
using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>What the one who started the daemon hands to it and wants to hear; nothing where that is a command or a person.</summary>
/// <param name="Socket">The socket that it listens on already.</param>
/// <param name="Notify">Where it is told.</param>
internal sealed record Supervision(Socket? Socket, SystemdNotify Notify)
{
    public static Supervision None { get; } = new(null, new SystemdNotify());

    /// <summary>Systemd's, where it started this process. To be called before any other program is started.</summary>
    /// <exception cref="QemuLab.Engine.QemuLabException">It listens for another home.</exception>
    public static Supervision Take(StatePaths paths) => new(OperatingSystem.IsLinux() ? SystemdSocket.Take(paths) : null, SystemdNotify.Take());
}
