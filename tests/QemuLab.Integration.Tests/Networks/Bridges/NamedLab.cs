using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>A lab on a bridge with the real dnsmasq, all in one namespace, of which no process is left at the end.</summary>
internal sealed class NamedLab : IAsyncDisposable
{
    /// <summary>The machines: control0 is .11, worker0 is .14.</summary>
    private static readonly (string Name, int N)[] Machines = [("control0", 11), ("worker0", 14)];

    private readonly ConcurrentQueue<string> notices = new();

    private NamedLab(NetworkNamespace host)
    {
        Host = host;
        Bridge = new BridgeLab(host);
        Bridge.Plan = Bridge.Plan with
        {
            Hosts = [.. Machines.Select(machine => new NetworkHost(machine.Name, Bridge.Plan.Subnet.Address(machine.N), MacAddress.For("test", machine.Name, 0)))],
            Records = [new NameRecord("registry.test.lab", IPAddress.Parse("10.99.0.50")), new NameRecord("*.apps.test.lab", IPAddress.Parse("10.99.0.60")), new NameRecord("cloud.example.com", IPAddress.Parse("10.99.0.70"))],
        };
        Backend = NewBackend();
    }

    public NetworkNamespace Host { get; }

    public BridgeLab Bridge { get; }

    public NamedBridgeNetwork Backend { get; }

    public NetworkPlan Plan => Bridge.Plan;

    /// <summary>The words of what the network told by itself.</summary>
    public IReadOnlyCollection<string> Notices => notices;

    /// <summary>The one that its pid file names; null where none runs.</summary>
    public ProcessIdentity? Process => ProcessIdentity.FromPidFile(Plan.Paths.DnsmasqPid);

    public static string? Program { get; } = new ProgramSearch(Environment.GetEnvironmentVariable("PATH")).Find("dnsmasq");

    /// <summary>Skips the test where it cannot be had.</summary>
    public static async Task<NamedLab> CreateAsync()
    {
        Assert.SkipUnless(Program is not null, "needs dnsmasq: sudo apt-get install -y dnsmasq-base");
        return new NamedLab(await NetworkNamespace.CreateAsync());
    }

    /// <summary>As a daemon that was started anew has it.</summary>
    public NamedBridgeNetwork NewBackend(string? program = "dnsmasq") => new(Bridge.NewBackend(), () => program is null ? null : Program, Host, new NetworkNotices
    {
        Listener = (_, word, _) => notices.Enqueue(word),
    });

    /// <summary>Asks the network's DNS from inside; the answer code, a slash and the answers' addresses or names.</summary>
    public async Task<string> AskAsync(string name, DnsType type = DnsType.A)
    {
        using Socket socket = Host.Within(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await socket.ConnectAsync(new IPEndPoint(Plan.Dns!, 53), limit.Token);
        await socket.SendAsync(Query(name, type), limit.Token);
        byte[] answer = new byte[1500];
        int length = await socket.ReceiveAsync(answer, limit.Token);
        return Describe(answer.AsSpan(0, length));
    }

    /// <summary>The processes that live in the namespace.</summary>
    public async Task<int[]> ProcessesAsync()
    {
        CommandResult pids = await new CommandRunner().RunAsync(new Command("ip", "netns", "pids", Host.Name) { TimeLimit = TimeSpan.FromSeconds(20) });
        return [.. pids.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture))];
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Backend.TakeDownAsync(Plan);
        }
        finally
        {
            foreach (int left in await ProcessesAsync())
            {
                ProcessIdentity.Of(left)?.Kill();
            }

            Bridge.Dispose();
            await Host.DisposeAsync();
        }
    }

    private static byte[] Query(string name, DnsType type)
    {
        var bytes = new List<byte> { 0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (string label in name.Split('.'))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }

        return [.. bytes, 0, 0, (byte)type, 0, 1];
    }

    private static string Describe(ReadOnlySpan<byte> message)
    {
        int at = 12;
        ReadName(message, ref at);
        at += 4;
        var answers = new List<string>();
        for (int i = BinaryPrimitives.ReadUInt16BigEndian(message[6..]); i > 0; i--)
        {
            ReadName(message, ref at);
            var type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
            int data = at + 10;
            at = data + length;
            answers.Add(type == DnsType.Ptr ? ReadName(message, ref data) : new IPAddress(message.Slice(data, length)).ToString());
        }

        return $"{message[3] & 15}/{string.Join(' ', answers)}";
    }

    private static string ReadName(ReadOnlySpan<byte> message, ref int at)
    {
        var labels = new List<string>();
        int? back = null;
        while (message[at] != 0)
        {
            if (message[at] >= 0xc0)
            {
                back ??= at + 2;
                at = BinaryPrimitives.ReadUInt16BigEndian(message[at..]) & 0x3fff;
                continue;
            }

            labels.Add(Encoding.ASCII.GetString(message.Slice(at + 1, message[at])));
            at += 1 + message[at];
        }

        at = back ?? at + 1;
        return string.Join('.', labels);
    }
}

/// <summary>What is asked of a DNS, by RFC 1035's numbers.</summary>
internal enum DnsType
{
    A = 1,
    Ptr = 12,
    Aaaa = 28,
}
