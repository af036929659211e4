using System.Net.Sockets;
using System.Text.Json;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Qmp;

namespace QemuLab.Commands;

/// <summary>What comes from a machine's console and, where it has the seat, goes to it.</summary>
internal abstract class ConsoleLine : IDisposable
{
    public abstract bool CanWrite { get; }

    /// <summary>Waits for what comes; false at the guest's end.</summary>
    public abstract bool Read(Action<ReadOnlySpan<byte>> sink);

    public abstract void Write(ReadOnlySpan<byte> bytes);

    public abstract void Dispose();

    /// <summary>The console's socket itself.</summary>
    /// <exception cref="QemuLabException">Nobody listens there, or somebody who is none of us has it.</exception>
    public static ConsoleLine Connect(MachineView machine)
    {
        if (IsTaken(machine.Files!.Monitor).GetAwaiter().GetResult())
        {
            throw new QemuLabException(ErrorKind.Conflict, "console-taken", $"another program, and no qemulab, is connected to {machine.Files.Console}", "end it, or look on: --view");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(machine.Files.Console));
            return new Wire(socket);
        }
        catch (SocketException gone)
        {
            socket.Dispose();
            throw new QemuLabException(ErrorKind.Failed, "console-gone", $"the console of {machine.Name} cannot be reached: {gone.Message}", $"see: qemulab list; the log is there: qemulab logs {machine.Name}", gone);
        }
    }

    /// <summary>The log, as it grows.</summary>
    public static ConsoleLine Watch(MachineView machine) => new Follower(machine.Files!.SerialLog);

    /// <summary>QEMU leaves a second connection waiting without a word: so it is asked whether there is a first. Where it does not say, there is none.</summary>
    private static async Task<bool> IsTaken(string monitor)
    {
        TimeSpan limit = TimeSpan.FromSeconds(1), pause = TimeSpan.FromMilliseconds(50);
        try
        {
            await using QmpClient qmp = await QmpClient.ConnectAsync(monitor, limit);
            for (int looks = 0; ; looks++)
            {
                JsonElement chardevs = await qmp.ExecuteAsync("query-chardev", timeLimit: limit);
                bool isFree = chardevs.EnumerateArray().Any(one => one.GetProperty("label").GetString() == "console" && one.GetProperty("filename").GetString()!.StartsWith("disconnected:", StringComparison.Ordinal));

                // Who left a moment ago may not have been noticed yet.
                if (isFree || looks == 10)
                {
                    return !isFree;
                }

                await Task.Delay(pause);
            }
        }
        catch (QemuLabException)
        {
            return false;
        }
    }

    private sealed class Wire(Socket socket) : ConsoleLine
    {
        private readonly byte[] buffer = new byte[16 * 1024];

        public override bool CanWrite => true;

        public override bool Read(Action<ReadOnlySpan<byte>> sink)
        {
            try
            {
                int count = socket.Receive(buffer);
                sink(buffer.AsSpan(0, count));
                return count > 0;
            }
            catch (SocketException)
            {
                return false;
            }
        }

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            try
            {
                while (!bytes.IsEmpty)
                {
                    bytes = bytes[socket.Send(bytes)..];
                }
            }
            catch (SocketException)
            {
                // The guest's end, which the reading side tells.
            }
        }

        public override void Dispose() => socket.Dispose();
    }

    private sealed class Follower : ConsoleLine
    {
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
        private readonly LogReader reader;

        public Follower(string path)
        {
            reader = new LogReader(path, isSerial: true);
            reader.Begin(lines: 0);
        }

        public override bool CanWrite => false;

        public override bool Read(Action<ReadOnlySpan<byte>> sink)
        {
            if (!reader.Read(sink))
            {
                Thread.Sleep(Pause);
            }

            return true;
        }

        public override void Write(ReadOnlySpan<byte> bytes)
        {
        }

        public override void Dispose()
        {
        }
    }
}
