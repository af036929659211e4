using System.Net.Sockets;
using System.Text;
using QemuLab.Engine.Consoles;

namespace QemuLab.Engine.Stages;

/// <summary>
/// Types on a machine's serial console, as one of those who may sit there: it waits until the seat is free, and leaves it as
/// soon as the guest has taken what was typed.
/// </summary>
/// <param name="console">The console's socket.</param>
internal sealed class ConsoleKeyboard(string console, TimeProvider clock)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Who asks something often throws away what was typed before it listens.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <param name="text">What is typed.</param>
    /// <param name="begin">Called when the next thing is that the guest gets it.</param>
    /// <param name="waits">Called with who has the seat, where somebody has.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="QemuLabException">There is no console any more.</exception>
    public async Task TypeAsync(string text, Action begin, Action<int?> waits, CancellationToken cancellation)
    {
        await Task.Delay(Pause, clock, cancellation);
        using ConsoleSeat seat = await SeatAsync(waits, cancellation);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(console), cancellation);
            begin();
            Task read = DrainAsync(socket, cancellation);
            ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(text);
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await socket.SendAsync(bytes, cancellation)..];
            }

            // QEMU sees the end of what we say only after all of it, and it takes no more at a time than the guest does. Then it hangs up.
            socket.Shutdown(SocketShutdown.Send);
            await read;
        }
        catch (SocketException gone)
        {
            throw new QemuLabException(ErrorKind.Failed, "console-gone", $"the serial console cannot be reached: {gone.Message}", "see: qemulab list", gone);
        }
    }

    private async Task<ConsoleSeat> SeatAsync(Action<int?> waits, CancellationToken cancellation)
    {
        bool isTold = false;
        while (true)
        {
            if (ConsoleSeat.TryTake(console, isForMoment: true) is { } seat)
            {
                return seat;
            }

            if (!isTold)
            {
                isTold = true;
                waits(ConsoleSeat.Holder(console));
            }

            await Task.Delay(Look, clock, cancellation);
        }
    }

    /// <summary>What the guest writes goes to whoever is connected, and has to go somewhere: the log has it too.</summary>
    private static async Task DrainAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] buffer = new byte[16 * 1024];
        while (await socket.ReceiveAsync(buffer, cancellation) > 0)
        {
        }
    }
}
