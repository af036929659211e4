using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks.Balancing;
using QemuLab.Engine.Networks.Captures;

namespace QemuLab.Engine.Networks;

/// <summary>The switch's ports and the way of a frame through them. For one thread.</summary>
internal sealed class DatagramPorts(NetworkPaths paths, TimeProvider time, Random chance) : IDisposable
{
    /// <summary>The largest frame: an IP packet of 64 KiB, as offloading makes them, and its header.</summary>
    private const int LargestFrame = 65_536 + 32;

    /// <summary>After so many frames the other ports have their turn.</summary>
    private const int Turn = 64;

    /// <summary>The interface of a capture that the switch's own answers are shown on; not a legal machine name.</summary>
    private const string AnswersName = "_switch";

    private readonly LearningSwitch decisions = new(time);
    private readonly List<DatagramPort> ports = [];
    private readonly byte[] frame = GC.AllocateArray<byte>(LargestFrame, pinned: true);
    private readonly DelayQueue delayed = new();
    private int lastNumber;

    public IReadOnlyList<DatagramPort> Ports => ports;

    public ImpairedLinks Links { get; } = new(time, chance);

    /// <summary>What the switch answers by itself; null until it is told of its network.</summary>
    public SwitchServices? Services { get; set; }

    /// <summary>Sees machines accept connections that come from the host.</summary>
    public Handshakes Handshakes { get; } = new();

    /// <summary>Who sees every frame.</summary>
    public List<SwitchCapture> Captures { get; } = [];

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

            Enter(from, frame.AsSpan(0, length));
        }
    }

    /// <summary>Hands over what waits.</summary>
    /// <returns>For how many milliseconds there is nothing more to hand over; -1: until a frame comes.</returns>
    public int Flush()
    {
        Deliver();
        bool behind = false;
        foreach (DatagramPort port in ports)
        {
            port.Flush();
            behind |= port.IsBehind;
        }

        if (behind)
        {
            return 1;
        }

        return delayed.Next is { } due ? Math.Max(0, (int)Math.Ceiling(Milliseconds(due - time.GetTimestamp()))) : -1;
    }

    public void Dispose() => ports.ForEach(port => port.Dispose());

    /// <summary>A frame that a port sends: seen, slowed or lost on its link, answered here, or passed on.</summary>
    private void Enter(DatagramPort from, ReadOnlySpan<byte> content)
    {
        See(from.Name, content);
        long now = Links.Any ? time.GetTimestamp() : 0;
        long at = Links.Any ? Links.Enter(from.Name, now, content.Length) : 0;
        if (at == LinkShaper.Dropped)
        {
            return;
        }

        if (Handshakes.Any && from.Kind == PortKind.Guest)
        {
            Handshakes.Look(content);
        }

        SwitchVerdict verdict = SwitchVerdict.Forward;
        if (from.Kind == PortKind.Guest && Services is { } services)
        {
            verdict = services.Look(content, out byte[]? reply);
            if (reply is not null)
            {
                See(AnswersName, reply);
                Leave(AnswersName, from, now, at, reply);
            }
        }

        // Also what was answered teaches where its sender is.
        ReadOnlySpan<int> to = decisions.Forward(from.Number, content);
        if (verdict == SwitchVerdict.Done)
        {
            return;
        }

        NetworkHost? asleep = from.Kind == PortKind.Uplink ? Asleep(content) : null;
        foreach (int number in to)
        {
            if (Find(number) is { } port && (asleep is null || port.Name == asleep.Name) && (verdict == SwitchVerdict.Forward || port.Kind == PortKind.Guest))
            {
                Leave(from.Name, port, now, at, content);
            }
        }
    }

    /// <summary>
    /// The machine that slirp asks for, and that has not been heard of yet: it boots, and whoever waits for it asks again and
    /// again. That is no reason to wake all others each time, which boot too.
    /// </summary>
    private NetworkHost? Asleep(ReadOnlySpan<byte> content) =>
        Services?.Sought(content) is { } machine && !decisions.HasHeard(machine.Mac) ? machine : null;

    private void Leave(string from, DatagramPort port, long now, long at, ReadOnlySpan<byte> content)
    {
        long due = Links.Any ? Links.Leave(from, port.Name, at, content.Length) : 0;
        if (due == LinkShaper.Dropped)
        {
            return;
        }

        if (due <= now)
        {
            port.Send(content);
        }
        else if (!delayed.TryAdd(port.Number, due, content))
        {
            port.Counters.Drops++;
        }
    }

    /// <summary>Hands over what has come to the end of a slow link.</summary>
    private void Deliver()
    {
        if (delayed.Next is null)
        {
            return;
        }

        long now = time.GetTimestamp();
        while (delayed.TryTake(now, frame, out int number, out int length))
        {
            if (Find(number) is { } port && !Links.IsCut(port.Name))
            {
                port.Send(frame.AsSpan(0, length));
            }
        }
    }

    private void See(string port, ReadOnlySpan<byte> content)
    {
        for (int i = 0; i < Captures.Count; i++)
        {
            Captures[i].Add(port, content);
        }
    }

    private double Milliseconds(long ticks) => 1000.0 * ticks / time.TimestampFrequency;

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
