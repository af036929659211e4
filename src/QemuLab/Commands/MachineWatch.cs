using QemuLab.Api;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>The table of machines as they change: painted over on a terminal, one after the other anywhere else.</summary>
internal static class MachineWatch
{
    /// <summary>Uptimes go on without an event.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>Of a whole lab that starts, one look shows many changes.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);

    /// <exception cref="OperationCanceledException">Ctrl-C, its only end but for the daemon's.</exception>
    public static void Run(Cli cli, Func<IReadOnlyList<LabView>> look, ListColumns columns)
    {
        using DaemonResponse events = cli.Daemon.Open("GET", "/v1/events");
        using var interrupts = new Interrupts(events.Dispose);
        using var changed = new ManualResetEventSlim(initialState: true);
        bool isOver = false;
        new Thread(() =>
        {
            foreach (var _ in EventFrames.Read(events.Lines()))
            {
                changed.Set();
            }

            Volatile.Write(ref isOver, true);
            changed.Set();
        })
        { IsBackground = true }.Start();

        bool isLive = cli.Terminal is { Live: true, Width: not null };
        var painter = new LivePainter(cli.Terminal.Error);
        string before = "";
        while (!Volatile.Read(ref isOver))
        {
            if (!changed.Wait(Beat) && !isLive)
            {
                continue;
            }

            changed.Reset();
            IReadOnlyList<LabView> labs = look();
            (int width, int rows) = Terminal.WindowSize();
            string text = string.Join('\n', labs.Select(lab => (labs.Count > 1 ? lab.Name + ":\n" : "") + columns.Table(lab.Machines, DateTimeOffset.UtcNow).Render(isLive ? width - 1 : null)));
            if (isLive)
            {
                painter.Paint(labs.Count == 0 ? ["no machines"] : [.. text.TrimEnd('\n').Split('\n').Take(rows - 1)]);
            }
            else if (text != before)
            {
                cli.Terminal.Out.WriteLine(text);
                before = text;
            }

            interrupts.Pause(Settle);
        }

        if (interrupts.Seen)
        {
            throw new OperationCanceledException();
        }
    }
}
