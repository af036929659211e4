using System.Runtime.InteropServices;

namespace QemuLab.Engine.Networks;

/// <summary>A raw socket that hears every frame on one interface, in and out. Needs CAP_NET_RAW.</summary>
internal sealed unsafe class PacketSocket : IDisposable
{
    private readonly int handle;

    /// <exception cref="QemuLabException">There is no such interface, or it may not be captured.</exception>
    public PacketSocket(string interfaceName)
    {
        uint index = NativePacket.IndexOf(interfaceName);
        if (index == 0)
        {
            throw new QemuLabException(ErrorKind.Failed, "no-interface", $"there is no interface {interfaceName} to capture");
        }

        // Bound before it hears anything: a socket with its protocol from the start hears all interfaces until then.
        handle = NativePacket.Open(NativePacket.Family, NativePacket.RawSocket, 0);
        if (handle < 0)
        {
            throw Refused(interfaceName);
        }

        var address = new NativePacket.LinkAddress { Family = NativePacket.Family, Protocol = NativePacket.EveryProtocol, Interface = (int)index };
        var everything = new NativePacket.Membership { Interface = (int)index, Type = NativePacket.Promiscuous };
        if (NativePacket.SetOption(handle, NativePacket.PacketLevel, NativePacket.AddMembership, &everything, (uint)sizeof(NativePacket.Membership)) < 0
            || NativePacket.Bind(handle, &address, (uint)sizeof(NativePacket.LinkAddress)) < 0)
        {
            QemuLabException refused = Refused(interfaceName);
            _ = NativePacket.Close(handle);
            throw refused;
        }
    }

    /// <summary>Waits until a frame has come, at most so long; true then.</summary>
    public bool Wait(int milliseconds)
    {
        var entry = new NativeDatagram.PollEntry { File = handle, Wanted = NativeDatagram.Readable };
        return NativeDatagram.Poll(&entry, 1, milliseconds) > 0;
    }

    /// <summary>The next frame's length; 0 where none waits, -1 where the interface has gone.</summary>
    public int Receive(byte[] buffer)
    {
        fixed (byte* start = buffer)
        {
            nint length = NativeDatagram.Receive(handle, start, (nuint)buffer.Length, NativePacket.TellWholeLength);
            return length >= 0 ? (int)Math.Min(length, buffer.Length)
                : NativeDatagram.IsFull(Marshal.GetLastPInvokeError()) || Marshal.GetLastPInvokeError() == NativeDatagram.Interrupted ? 0
                : -1;
        }
    }

    /// <summary>How many frames the kernel had no room for since this was last asked.</summary>
    public long TakeDrops()
    {
        NativePacket.Counts counts;
        uint length = (uint)sizeof(NativePacket.Counts);
        return NativePacket.GetOption(handle, NativePacket.PacketLevel, NativePacket.Statistics, &counts, &length) == 0 ? counts.Drops : 0;
    }

    public void Dispose() => _ = NativePacket.Close(handle);

    private static QemuLabException Refused(string interfaceName)
    {
        int error = Marshal.GetLastPInvokeError();
        return new QemuLabException(
            ErrorKind.Failed, "capture-refused", $"interface {interfaceName} cannot be captured: {Marshal.GetPInvokeErrorMessage(error)}",
            error == NativePacket.OperationNotPermitted ? "it takes the capability CAP_NET_RAW" : null);
    }
}
