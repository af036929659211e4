using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Networks;

/// <summary>The switch's ports and the way of a frame through them. For one thread.</summary>
internal sealed class DatagramPorts(NetworkPaths paths, TimeProvider time) : IDisposable
{
    /// <summary>The largest frame: an IP packet of 64 KiB, as offloading makes them, and its header.</summary>
    private const int LargestFrame = 65_536 + 32;

    /// <summary>After so many frames the other ports have their turn.</summary>
    private const int Turn = 64;

    private readonly LearningSwitch decisions = new(time);
    private readonly List<DatagramPort> ports = [];
    private readonly byte[] frame = GC.AllocateArray<byte>(LargestFrame, pinned: true);
    private int lastNumber;

    public IReadOnlyList<DatagramPort> Ports => ports;

    public static bool IsPortName(string? name) => name == NetworkPaths.UplinkPort || MachineName.TryParse(name, out _);

    /// <summary>Does nothing where the port is there.</summary>
    public void Add(string name)
    {
        if (ports.Exists(port => port.Name == name))
        {
            return;
        }

        PortKind kind = name == NetworkPaths.UplinkPort ? PortKind.Uplink : PortKind.Guest;
        var port = new DatagramPort(++lastNumber, name, kind, (paths.SwitchPort(name), paths.QemuPort(name)), time);
        ports.Add(port);
        decisions.AddPort(port.Number, kind);
    }

    /// <summary>Does nothing where there is no such port.</summary>
    public void Remove(string name)
    {
        if (ports.Find(port => port.Name == name) is { } port)
        {
            ports.Remove(port);
            decisions.RemovePort(port.Number);
            port.Dispose();
        }
    }

    /// <summary>
    /// Binds again what a killed switch left: its socket files are the list of its ports. So the machines' traffic flows on
    /// without anybody telling the new switch.
    /// </summary>
    public void Reload()
    {
        foreach (string file in Directory.EnumerateFileSystemEntries(paths.Directory, "*" + NetworkPaths.SwitchPortSuffix).ToList())
        {
            string name = Path.GetFileNameWithoutExtension(file);
            if (IsPortName(name))
            {
                Add(name);
            }
        }
    }

    /// <summary>Takes what waits at the port, a turn of it, and passes it on.</summary>
    public void Relay(DatagramPort from)
    {
        for (int count = 0; count < Turn; count++)
        {
            int length = from.Receive(frame);
            if (length == 0)
            {
                return;
            }

            ReadOnlySpan<byte> content = frame.AsSpan(0, length);
            foreach (int number in decisions.Forward(from.Number, content))
            {
                Find(number)?.Send(content);
            }
        }
    }

    /// <summary>Hands over what waits; true where something still does.</summary>
    public bool Flush()
    {
        bool behind = false;
        foreach (DatagramPort port in ports)
        {
            port.Flush();
            behind |= port.IsBehind;
        }

        return behind;
    }

    public void Dispose() => ports.ForEach(port => port.Dispose());

    private DatagramPort? Find(int number)
    {
        foreach (DatagramPort port in ports)
        {
            if (port.Number == number)
            {
                return port;
            }
        }

        return null;
    }
}
