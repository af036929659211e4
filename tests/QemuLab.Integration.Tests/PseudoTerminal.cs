using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests;

/// <summary>A program on a terminal of its own, and who types at it. At the end the program is ended.</summary>
internal sealed partial class PseudoTerminal : IAsyncDisposable
{
    private const int ReadWrite = 2, NoControl = 0x100;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly FileStream keyboard;
    private readonly int other;
    private readonly string path;
    private readonly StringBuilder screen = new();
    private readonly Process program;
    private readonly string before;

    /// <summary>Starts a program whose standard streams are all the terminal.</summary>
    /// <param name="command">TERM is xterm unless it says otherwise; a variable without a value is taken away.</param>
    /// <param name="columns">How wide the terminal is.</param>
    /// <param name="rows">How high it is.</param>
    public PseudoTerminal(Command command, int columns = 80, int rows = 24)
    {
        var master = new SafeFileHandle(OpenMaster(ReadWrite | NoControl), ownsHandle: true);
        byte[] name = new byte[64];
        Assert.Equal((0, 0, 0), (Grant(master), Unlock(master), NameOf(master, name, (nuint)name.Length)));
        path = Encoding.ASCII.GetString(name).TrimEnd('\0');

        // Kept open, so that the terminal outlives the program.
        other = Open(path, ReadWrite | NoControl);
        keyboard = new FileStream(master, FileAccess.ReadWrite, bufferSize: 0);
        Resize(columns, rows);
        before = Settings();
        var start = new ProcessStartInfo("setsid", ["--wait", "sh", "-c", "terminal=$1; shift; exec \"$@\" <$terminal >$terminal 2>$terminal", "sh", path, command.Program, .. command.Arguments]);
        start.WorkingDirectory = command.WorkingDirectory ?? "";
        start.Environment["TERM"] = "xterm";
        foreach ((string key, string? value) in command.Environment)
        {
            start.Environment.Remove(key);
            if (value is not null)
            {
                start.Environment[key] = value;
            }
        }

        program = Process.Start(start)!;
        new Thread(ReadScreen) { IsBackground = true }.Start();
    }

    /// <summary>The settings of the terminal are what they were before the program began.</summary>
    public bool IsRestored => Settings() == before;

    /// <summary>The program is told, as by a window that is drawn smaller or larger.</summary>
    public void Resize(int columns, int rows) => Run("cols", columns.ToString(CultureInfo.InvariantCulture), "rows", rows.ToString(CultureInfo.InvariantCulture));

    public void Type(string text) => keyboard.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Waits until something has been shown; forgets it, and what was before it.</summary>
    public async Task<string> SeesAsync(string text)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            lock (screen)
            {
                string all = screen.ToString();
                int index = all.IndexOf(text, StringComparison.Ordinal);
                if (index >= 0)
                {
                    screen.Remove(0, index + text.Length);
                    return all[..(index + text.Length)];
                }

                Assert.True(Stopwatch.GetElapsedTime(began) < Limit, $"'{text}' was never shown, but:\n{all}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Waits until the program has set the terminal for itself.</summary>
    public async Task IsTakenAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        while (IsRestored)
        {
            await Task.Delay(20, limit.Token);
        }
    }

    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await program.WaitForExitAsync(limit.Token);
        return program.ExitCode;
    }

    /// <summary>All that the program has shown and that was not waited for, when it has ended.</summary>
    public async Task<string> ToEndAsync()
    {
        const string Mark = "\0end\0";
        await EndAsync();
        using var screen = new FileStream(new SafeFileHandle(other, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        screen.Write(Encoding.ASCII.GetBytes(Mark));
        return (await SeesAsync(Mark))[..^Mark.Length];
    }

    public async ValueTask DisposeAsync()
    {
        if (!program.HasExited)
        {
            program.Kill(entireProcessTree: true);
            await program.WaitForExitAsync();
        }

        program.Dispose();
        _ = Close(other);
        await keyboard.DisposeAsync();
    }

    private void ReadScreen()
    {
        byte[] buffer = new byte[4096];
        try
        {
            for (int count; (count = keyboard.Read(buffer)) > 0;)
            {
                lock (screen)
                {
                    screen.Append(Encoding.UTF8.GetString(buffer, 0, count));
                }
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private string Settings() => Run("-g");

    private string Run(params string[] arguments)
    {
        using Process stty = Process.Start(new ProcessStartInfo("stty", ["-F", path, .. arguments]) { RedirectStandardOutput = true })!;
        string settings = stty.StandardOutput.ReadToEnd();
        stty.WaitForExit();
        return settings;
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int OpenMaster(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static partial int Grant(SafeHandle master);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int Unlock(SafeHandle master);

    [LibraryImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    private static partial int NameOf(SafeHandle master, Span<byte> name, nuint length);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
