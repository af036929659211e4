using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>Why a session at a console ended.</summary>
internal enum ConsoleEnd
{
    /// <summary>The escape key, or the end of standard input.</summary>
    Left,

    /// <summary>Ctrl-C of one who only looks on, or a signal.</summary>
    Interrupted,

    /// <summary>QEMU has closed the console.</summary>
    GuestGone,

    /// <summary>Nobody reads standard output any more.</summary>
    Closed,
}

/// <summary>A person, or a script, at a machine's console.</summary>
/// <param name="line">The console.</param>
/// <param name="escape">Leaves a session at a terminal.</param>
internal sealed class ConsoleSession(ConsoleLine line, EscapeKey escape)
{
    private const byte Interrupt = 3;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly TaskCompletionSource<ConsoleEnd> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource inputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConsoleModes modes = new();
    private long lastMoved;

    /// <summary>Every key goes to the guest, what it writes goes to the terminal as it is.</summary>
    public ConsoleEnd RunAtTerminal()
    {
        using var raw = new RawTerminal();
        try
        {
            // .NET switches the keypad when it looks at a terminal: then cursor keys are others than the guest expects.
            Write("\e[?1l\e>");
            return Run(ReadKeys, ended.Task);
        }
        finally
        {
            // What the guest has left switched, while the terminal is still raw; then a line of its own for the shell.
            Write(modes.Reset() + "\r\n");
        }

        static void Write(string text)
        {
            using Stream output = Console.OpenStandardOutput();
            output.Write(Encoding.ASCII.GetBytes(text));
        }
    }

    /// <summary>Sends standard input, and ends when that has ended and the console is silent for so long.</summary>
    public ConsoleEnd RunPiped(TimeSpan quiet)
    {
        Task<ConsoleEnd> silence = Task.Run(async () =>
        {
            await inputEnded.Task;
            while (Stopwatch.GetElapsedTime(Volatile.Read(ref lastMoved)) < quiet)
            {
                await Task.Delay(Look);
            }

            return ConsoleEnd.Left;
        });
        return Run(SendInput, silence);
    }

    private ConsoleEnd Run(Action readInput, Task<ConsoleEnd> orEnd)
    {
        PosixSignalRegistration[] signals = [.. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT]).Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            ended.TrySetResult(ConsoleEnd.Interrupted);
        }))];
        Volatile.Write(ref lastMoved, Stopwatch.GetTimestamp());
        Begin(ShowOutput);
        Begin(readInput);
        ConsoleEnd end = Task.WhenAny(ended.Task, orEnd).GetAwaiter().GetResult().GetAwaiter().GetResult();
        foreach (PosixSignalRegistration signal in signals)
        {
            signal.Dispose();
        }

        return end;
    }

    /// <summary>On a thread that nobody waits for: a read of a terminal cannot be called off.</summary>
    private void Begin(Action work) => new Thread(() =>
    {
        try
        {
            work();
        }
        catch (Exception fault)
        {
            ended.TrySetException(fault);
        }
    })
    { IsBackground = true }.Start();

    private void ShowOutput()
    {
        using Stream output = Console.OpenStandardOutput();
        bool goesOn = true;
        while (goesOn && !ended.Task.IsCompleted)
        {
            goesOn = line.Read(bytes =>
            {
                if (bytes.IsEmpty || ended.Task.IsCompleted)
                {
                    return;
                }

                Volatile.Write(ref lastMoved, Stopwatch.GetTimestamp());
                modes.Watch(bytes);
                output.Write(bytes);
                output.Flush();
                if (NativeTerminal.IsClosed(1))
                {
                    ended.TrySetResult(ConsoleEnd.Closed);
                }
            });
        }

        ended.TrySetResult(ConsoleEnd.GuestGone);
    }

    private void ReadKeys()
    {
        Input(keys =>
        {
            int? leaves = escape.IndexIn(keys);
            line.Write(keys[..(leaves ?? keys.Length)]);
            if (leaves is not null)
            {
                ended.TrySetResult(ConsoleEnd.Left);
            }
            else if (!line.CanWrite && keys.Contains(Interrupt))
            {
                ended.TrySetResult(ConsoleEnd.Interrupted);
            }
        });

        // The terminal has gone, without a signal.
        ended.TrySetResult(ConsoleEnd.Interrupted);
    }

    private void SendInput()
    {
        Input(bytes => line.Write(bytes));
        Volatile.Write(ref lastMoved, Stopwatch.GetTimestamp());
        inputEnded.TrySetResult();
    }

    /// <summary>Not by the console's own stream, which gives whole lines only where it is a terminal.</summary>
    private static void Input(Action<ReadOnlySpan<byte>> sink)
    {
        using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        byte[] buffer = new byte[4096];
        try
        {
            for (int count; (count = input.Read(buffer)) > 0;)
            {
                sink(buffer.AsSpan(0, count));
            }
        }
        catch (IOException)
        {
            // A terminal that was hung up.
        }
    }
}
