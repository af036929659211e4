using System.Runtime.InteropServices;

namespace QemuLab.Output;

/// <summary>The terminal that standard input is, with every key handed over as it is pressed, Ctrl-C too; as it was before once disposed.</summary>
internal sealed class RawTerminal : IDisposable
{
    private const int StandardInput = 0;

    private readonly byte[] before = new byte[NativeTerminal.AttributesSize];
    private readonly byte[] raw;
    private readonly PosixSignalRegistration continued;
    private int restored;

    /// <exception cref="IOException">The terminal does not let itself be set.</exception>
    public RawTerminal()
    {
        if (NativeTerminal.GetAttributes(StandardInput, before) != 0)
        {
            throw new IOException("the terminal's settings cannot be read: " + Marshal.GetLastPInvokeErrorMessage());
        }

        raw = [.. before];
        NativeTerminal.MakeRaw(raw);
        Enter();

        // A process that ends by another way than this object's end must not leave a dead terminal behind.
        AppDomain.CurrentDomain.ProcessExit += Restore;

        // The shell of whoever stopped us by a signal has set it otherwise since.
        continued = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Enter());
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= Restore;
        continued.Dispose();
        Restore(null, EventArgs.Empty);
    }

    private void Enter()
    {
        if (Volatile.Read(ref restored) == 0)
        {
            _ = NativeTerminal.SetAttributes(StandardInput, NativeTerminal.AfterOutput, raw);
        }
    }

    private void Restore(object? sender, EventArgs arguments)
    {
        if (Interlocked.Exchange(ref restored, 1) == 0)
        {
            _ = NativeTerminal.SetAttributes(StandardInput, NativeTerminal.AfterOutput, before);
        }
    }
}
