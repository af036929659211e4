using System.Text;

namespace QemuLab.Commands;

/// <summary>What one of several guests writes: whole lines with its machine's name before each, or kept, where it is for a script.</summary>
/// <param name="target">Where the lines go.</param>
/// <param name="gate">Held for a line, so that those of several do not mix.</param>
/// <param name="prefix">Before each line; null: they are kept, and not written.</param>
/// <param name="onClosed">Nobody reads the target any more, as with <c>| head</c>.</param>
internal sealed class GuestLines(TextWriter target, Lock gate, string? prefix, Action onClosed)
{
    /// <summary>What is longer is shown in pieces: a guest may never end its line.</summary>
    private const int LongestLine = 64 * 1024;

    private readonly StringBuilder kept = new();
    private readonly StringBuilder line = new();

    /// <summary>All that was kept; null where it was written instead.</summary>
    public string? Text => prefix is null ? kept.ToString() : null;

    /// <summary>Returns at the stream's end.</summary>
    public void Pump(StreamReader source)
    {
        char[] buffer = new char[8 * 1024];
        for (int count; (count = source.Read(buffer, 0, buffer.Length)) > 0;)
        {
            Take(buffer.AsSpan(0, count));
        }

        if (line.Length > 0)
        {
            Write();
        }
    }

    private void Take(ReadOnlySpan<char> text)
    {
        if (prefix is null)
        {
            kept.Append(text);
            return;
        }

        for (int end; (end = text.IndexOf('\n')) >= 0; text = text[(end + 1)..])
        {
            line.Append(text[..end]);
            Write();
        }

        line.Append(text);
        if (line.Length > LongestLine)
        {
            Write();
        }
    }

    private void Write()
    {
        lock (gate)
        {
            try
            {
                target.WriteLine($"{prefix}{line}");
                target.Flush();
            }
            catch (IOException closed) when (ClosedOutput.Is(closed))
            {
                onClosed();
            }
        }

        line.Clear();
    }
}
