using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Ssh;

/// <summary>What a master may answer, and how it may fail. Against OpenSSH's own it is tried with a server.</summary>
public sealed class MuxSessionTests : IDisposable
{
    private const uint Hello = 1, NewSession = 0x10000002, Denied = 0x80000002, Failed = 0x80000003, Exit = 0x80000004, Opened = 0x80000006;

    private readonly TemporaryFolder folder = new();
    private readonly SafeFileHandle nothing = File.OpenHandle("/dev/null");

    private string ControlPath => Path.Combine(folder.Path, "m.ssh");

    public void Dispose()
    {
        nothing.Dispose();
        folder.Dispose();
    }

    private MuxSession? Open(string line = "true") => MuxSession.Open(ControlPath, line, nothing, nothing, nothing);

    [Fact]
    public void Without_a_master_nothing_is_begun() => Assert.Null(Open());

    [Fact]
    public void A_socket_that_a_dead_master_left_is_none()
    {
        using (var master = new FakeMaster(ControlPath))
        {
        }

        Assert.True(File.Exists(ControlPath));
        Assert.Null(Open());
    }

    [Fact]
    public async Task The_code_is_told_once_the_master_has_closed_the_session()
    {
        using var master = new FakeMaster(ControlPath);
        Task served = master.ServeAsync(async client =>
        {
            await client.GreetAsync();
            byte[] request = await client.ReceiveAsync();
            Assert.Equal(NewSession, FakeMaster.Word(request, 0));
            // No terminal, no X11, no agent, no subsystem, no escape character.
            Assert.Equal([0u, 0, 0, 0, 0, uint.MaxValue, 0, 7], Enumerable.Range(2, 8).Select(i => FakeMaster.Word(request, i)));
            Assert.Equal("exit 17"u8, request.AsSpan(40));
            await client.SkipAsync(3);
            await client.SendAsync(Opened, FakeMaster.Word(request, 1), 5);
            await client.SendAsync(Exit, 5, 17);
        });

        using MuxSession? session = Open("exit 17");

        Assert.Equal(17, session!.Wait());
        await served;
    }

    [Theory]
    [InlineData(Failed)]
    [InlineData(Denied)]
    public async Task One_that_says_no_has_begun_nothing(uint no)
    {
        using var master = new FakeMaster(ControlPath);
        Task served = master.ServeAsync(async client =>
        {
            await client.GreetAsync();
            await client.ReceiveAsync();
            await client.SkipAsync(3);
            await client.SendAsync(no, 1, 0);
        });

        Assert.Null(Open());
        await served;
    }

    [Fact]
    public async Task One_of_another_version_is_left_alone()
    {
        using var master = new FakeMaster(ControlPath);
        Task served = master.ServeAsync(async client =>
        {
            await client.ReceiveAsync();
            await client.SendAsync(Hello, 5);
        });

        Assert.Null(Open());
        await served;
    }

    [Fact]
    public async Task Who_speaks_something_else_is_left_alone()
    {
        using var master = new FakeMaster(ControlPath);
        Task served = master.ServeAsync(client => client.SendRawAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray()));

        Assert.Null(Open());
        await served;
    }

    /// <summary>It may have begun the command: that is no reason to run it again.</summary>
    [Fact]
    public async Task One_that_goes_without_a_word_may_have_begun_it()
    {
        using var master = new FakeMaster(ControlPath);
        Task served = master.ServeAsync(async client =>
        {
            await client.GreetAsync();
            await client.ReceiveAsync();
            await client.SkipAsync(3);
        });

        using MuxSession? session = Open();

        Assert.NotNull(session);
        Assert.Null(session.Wait());
        await served;
    }

    [Fact]
    public async Task A_session_that_is_ended_here_is_waited_for_no_longer()
    {
        using var master = new FakeMaster(ControlPath);
        Task served = master.ServeAsync(async client =>
        {
            await client.GreetAsync();
            await client.ReceiveAsync();
            await client.SkipAsync(3);
            await client.SendAsync(Opened, 1, 0);
            // Until the other side closes.
            await Assert.ThrowsAsync<EndOfStreamException>(() => client.SkipAsync(1));
        });
        using MuxSession? session = Open();
        Task<int?> wait = Task.Run(session!.Wait, TestContext.Current.CancellationToken);

        await Task.Delay(50, TestContext.Current.CancellationToken);
        session.Dispose();

        Assert.Null(await wait);
        await served;
    }

    /// <summary>The other side of one session.</summary>
    private sealed class FakeMaster : IDisposable
    {
        private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private NetworkStream? stream;

        public FakeMaster(string path)
        {
            listener.Bind(new UnixDomainSocketEndPoint(path + ".new"));
            listener.Listen();
            // As a master that was killed, it leaves its socket: .NET removes only the name that it has made.
            File.Move(path + ".new", path);
        }

        public static uint Word(byte[] message, int index) => BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(4 * index));

        public async Task ServeAsync(Func<FakeMaster, Task> talk)
        {
            stream = new NetworkStream(await listener.AcceptAsync(), ownsSocket: true);
            await using (stream)
            {
                await talk(this);
            }
        }

        public async Task GreetAsync()
        {
            Assert.Equal([0, 0, 0, 1, 0, 0, 0, 4], await ReceiveAsync());
            await SendAsync(Hello, 4);
        }

        public async Task<byte[]> ReceiveAsync()
        {
            byte[] header = new byte[4];
            await stream!.ReadExactlyAsync(header);
            byte[] message = new byte[Word(header, 0)];
            await stream.ReadExactlyAsync(message);
            return message;
        }

        /// <summary>A byte comes with each open file; the files are dropped.</summary>
        public async Task SkipAsync(int bytes) => await stream!.ReadExactlyAsync(new byte[bytes]);

        public Task SendAsync(params uint[] words)
        {
            byte[] message = new byte[4 * (words.Length + 1)];
            BinaryPrimitives.WriteUInt32BigEndian(message, (uint)(4 * words.Length));
            for (int i = 0; i < words.Length; i++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4 * (i + 1)), words[i]);
            }

            return SendRawAsync(message);
        }

        public async Task SendRawAsync(byte[] bytes) => await stream!.WriteAsync(bytes);

        public void Dispose() => listener.Dispose();
    }
}
