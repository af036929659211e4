namespace QemuLab.Engine.Networks.Captures;

/// <summary>One reader's capture of a switch: what does not fit into its buffer is counted instead.</summary>
internal sealed class SwitchCapture
{
    /// <summary>A second or so of a busy network; beside it the kernel's own buffer.</summary>
    private const int BufferSize = 4 << 20;

    /// <summary>Kept free for the interfaces and for the statistics at the end.</summary>
    private const int Reserve = 256 * 1024;

    private readonly TimeProvider time;
    private readonly CaptureBuffer buffer = new(BufferSize);
    private readonly PcapngWriter writer;
    private readonly Dictionary<string, Seen> interfaces = [];

    private sealed record Seen(int Number)
    {
        public long Frames { get; set; }

        public long Dropped { get; set; }
    }

    public SwitchCapture(TimeProvider time, IEnumerable<string> ports)
    {
        this.time = time;
        writer = new PcapngWriter(buffer);
        writer.WriteHeader("qemulab");
        foreach (string port in ports)
        {
            Interface(port);
        }
    }

    /// <summary>What the reader has not taken yet.</summary>
    public CaptureBuffer Buffer => buffer;

    /// <summary>Nothing more is added; the reader takes the rest.</summary>
    public bool IsEnded { get; private set; }

    public void Add(string port, ReadOnlySpan<byte> frame)
    {
        if (IsEnded || Interface(port) is not { } seen)
        {
            return;
        }

        seen.Frames++;
        if (buffer.Free < PcapngWriter.PacketSize(frame.Length) + Reserve)
        {
            seen.Dropped++;
            return;
        }

        writer.WritePacket(seen.Number, time.GetUtcNow(), frame);
    }

    /// <summary>Closes with the statistics of each interface.</summary>
    public void End()
    {
        if (IsEnded)
        {
            return;
        }

        IsEnded = true;
        DateTimeOffset now = time.GetUtcNow();
        foreach (Seen seen in interfaces.Values)
        {
            writer.WriteStatistics(seen.Number, now, seen.Frames, seen.Dropped);
        }
    }

    /// <summary>Null where there have been more ports than can be told of.</summary>
    private Seen? Interface(string port)
    {
        if (!interfaces.TryGetValue(port, out Seen? seen) && interfaces.Count < 1000 && buffer.Free > Reserve / 2)
        {
            interfaces[port] = seen = new Seen(writer.AddInterface(port));
        }

        return seen;
    }
}
