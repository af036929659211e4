using QemuLab.Engine.Labs;

namespace QemuLab.Output;

/// <summary>Shows a launch while it goes on: painted lines on a terminal, a log of changes anywhere else. Ends by disposal.</summary>
internal sealed class ProgressView : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);
    private readonly Lock gate = new();
    private readonly ProgressBoard board;
    private readonly Terminal terminal;
    private readonly TimeProvider clock;
    private readonly LivePainter? painter;
    private readonly ITimer? timer;
    private bool isOver;

    public ProgressView(Terminal terminal, IEnumerable<string> machines, TimeProvider clock)
    {
        this.terminal = terminal;
        this.clock = clock;
        board = new ProgressBoard(machines, clock.GetUtcNow());
        if (terminal is { Live: true, Progress: ProgressStyle.Auto })
        {
            painter = new LivePainter(terminal.Error);
            timer = clock.CreateTimer(_ => Paint(), null, TimeSpan.Zero, Beat);
        }
    }

    public void Apply(LabEvent happened)
    {
        lock (gate)
        {
            if (terminal.Progress == ProgressStyle.Json)
            {
                JsonOutput.WriteLine(terminal.Error, happened);
                return;
            }

            string? line = board.Apply(happened);
            if (painter is null)
            {
                WriteLine(line);
            }
            else if (happened.Kind == LabEventKind.Warning)
            {
                painter.Above(line ?? "");
            }
        }
    }

    /// <summary>A line of ours between those of the machines.</summary>
    public void Say(string line)
    {
        lock (gate)
        {
            if (painter is null)
            {
                WriteLine(line);
            }
            else
            {
                painter.Above(line);
            }
        }
    }

    /// <summary>A last line of ours; nothing of the machines' stays.</summary>
    public void Leave(string line)
    {
        Say(line);
        Dispose();
    }

    public void Dispose()
    {
        timer?.Dispose();
        lock (gate)
        {
            isOver = true;
            painter?.Clear();
        }
    }

    private void Paint()
    {
        lock (gate)
        {
            if (isOver)
            {
                return;
            }

            (int columns, int rows) = Terminal.WindowSize();
            painter!.Paint(board.Render(columns - 1, rows - 1, clock.GetUtcNow()));
        }
    }

    private void WriteLine(string? line)
    {
        if (line is not null)
        {
            terminal.Error.WriteLine(line);
        }
    }
}
