using System.Runtime.InteropServices;

namespace QemuLab.Commands;

/// <summary>Ctrl-C while something is under way: the first one asks it to end, the second leaves at once.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly PosixSignalRegistration[] registrations;
    private readonly Action onFirst;
    private readonly ManualResetEventSlim seen = new();
    private int count;

    public Interrupts(Action onFirst)
    {
        this.onFirst = onFirst;
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    /// <summary>Where the daemon works on by itself, or takes back: Ctrl-C says so, and leaves at once.</summary>
    /// <param name="say">Shows a line.</param>
    /// <param name="whatGoesOn">Without a full stop.</param>
    public static Interrupts Telling(Action<string> say, string whatGoesOn) => new(() =>
    {
        say("interrupted: " + whatGoesOn);
        Environment.Exit(Failure.Interrupted);
    });

    /// <inheritdoc cref="Telling(Action{string}, string)"/>
    public static Interrupts Telling(Cli cli, string whatGoesOn) =>
        // From the line's begin on: the terminal has shown a ^C there.
        Telling(line => cli.Terminal.Error.WriteLine((cli.Terminal.Live ? "\r" : "") + line), whatGoesOn);

    public bool Seen => Volatile.Read(ref count) > 0;

    /// <summary>Whether it was a Ctrl-C that has just ended a program of ours: that has it at the same time as we have.</summary>
    public bool HasEndedChild => seen.Wait(TimeSpan.FromMilliseconds(200));

    /// <summary>Waits so long, or until Ctrl-C.</summary>
    public void Pause(TimeSpan time) => seen.Wait(time);

    /// <summary>While a program of the user's has the terminal, Ctrl-C is for that program.</summary>
    public static IDisposable LeaveToChild() => PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations)
        {
            registration.Dispose();
        }

        seen.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref count) > 1)
        {
            Environment.Exit(Failure.Interrupted);
        }

        seen.Set();

        try
        {
            onFirst();
        }
        catch (Engine.QemuLabException)
        {
            // It has ended by itself in this moment, or the daemon is gone: the stream tells.
        }
    }
}
