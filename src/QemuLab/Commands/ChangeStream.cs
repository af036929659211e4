using System.Text.Json;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>Reads the JSON lines of a change and shows them: progress for people, the lines themselves for scripts.</summary>
internal sealed class ChangeStream : IDisposable
{
    private readonly Terminal terminal;
    private readonly ProgressView? view;

    public ChangeStream(Cli cli, IEnumerable<string> machines, bool json)
    {
        terminal = cli.Terminal;
        view = json ? null : new ProgressView(terminal, machines, TimeProvider.System);
    }

    public void Say(string line)
    {
        if (view is null)
        {
            terminal.Error.WriteLine(line);
        }
        else
        {
            view.Say(line);
        }
    }

    /// <summary>Says a line that is the last.</summary>
    public void Leave(string line)
    {
        if (view is null)
        {
            Say(line);
        }
        else
        {
            view.Leave(line);
        }
    }

    /// <summary>The last line.</summary>
    /// <exception cref="QemuLabException">It is a problem, or the daemon went away before it.</exception>
    public StreamLine Read(DaemonResponse response)
    {
        StreamLine? last = null;
        foreach (string text in response.Lines())
        {
            if (view is null)
            {
                terminal.Out.WriteLine(text);
                terminal.Out.Flush();
            }

            StreamLine line = JsonSerializer.Deserialize(text, ApiJson.Default.StreamLine)!;
            if (line.Event is { } happened)
            {
                view?.Apply(happened);
                continue;
            }

            last = line;
        }

        view?.Dispose();
        return last switch
        {
            null => throw new QemuLabException(ErrorKind.DaemonUnreachable, "daemon-gone", "the daemon went away before the end", "run: qemulab list"),
            { Problem: { } problem } => throw problem.ToException(),
            _ => last,
        };
    }

    public void Dispose() => view?.Dispose();
}
