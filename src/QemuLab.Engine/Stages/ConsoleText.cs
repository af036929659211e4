using System.Buffers;
using System.Text;

namespace QemuLab.Engine.Stages;

/// <summary>
/// What a guest writes on its console, byte by byte, as the text that a person would read there: without escape sequences and
/// control characters, a jump of the cursor and a return to a line's beginning as a line's end. Only the end of it is kept,
/// and of each character the place where it ends in the log.
/// </summary>
/// <param name="place">Where the first byte is, counted from the first one ever logged.</param>
internal sealed class ConsoleText(long place)
{
    /// <summary>Of text that nothing was made of; more than any screen.</summary>
    public const int Longest = 16 * 1024;

    /// <summary>A title or a palette is shorter; one that does not end is none.</summary>
    private const int LongestSequence = 256;

    private readonly StringBuilder text = new();
    private readonly List<long> ends = [];
    private readonly byte[] partial = new byte[4];
    private int partialLength;
    private State state;
    private int sequence;
    private bool wasReturn;
    private long at = place;
    private string? window;

    /// <summary>Where the guest's words are within an escape sequence.</summary>
    private enum State
    {
        Text,
        Escape,
        Control,
        String,
        StringEnd,
    }

    /// <summary>The text.</summary>
    public string Window => window ??= text.ToString();

    /// <summary>The first byte that nothing has been made of.</summary>
    public long Start { get; private set; } = place;

    /// <summary>The guest has written more: a few kilobytes at most, because what is beyond the longest text is forgotten unseen.</summary>
    /// <param name="bytes">A piece of the log.</param>
    /// <param name="from">Where it is; later than expected where something was cut off unread.</param>
    public void Append(ReadOnlySpan<byte> bytes, long from)
    {
        at = from;
        foreach (byte next in bytes)
        {
            at++;
            Take(next);
        }

        window = null;
        if (text.Length > Longest)
        {
            Consume(text.Length - (Longest / 2));
        }
    }

    /// <summary>Something has been made of the beginning of the text.</summary>
    public void Consume(int characters)
    {
        if (characters > 0)
        {
            Start = ends[characters - 1];
            text.Remove(0, characters);
            ends.RemoveRange(0, characters);
            window = null;
        }
    }

    private void Take(byte next)
    {
        // A sequence that does not end, or a line within it, is none: what follows is text.
        if (state != State.Text && ++sequence > LongestSequence)
        {
            state = State.Text;
        }

        switch (state)
        {
            case State.Text:
                TakeText(next);
                break;
            case State.Escape:
                state = next switch
                {
                    (byte)'[' => State.Control,
                    (byte)']' or (byte)'P' or (byte)'^' or (byte)'_' or (byte)'X' => State.String,
                    >= 0x20 and <= 0x2f => State.Escape,
                    0x1b => State.Escape,
                    _ => State.Text,
                };
                break;
            case State.Control:
                if (next is >= 0x40 and <= 0x7e)
                {
                    state = State.Text;
                    if (next is (byte)'H' or (byte)'f')
                    {
                        // The cursor goes elsewhere: so firmware and boot loaders draw their screens, without a line's end.
                        Put('\n');
                    }
                }
                else if (next == 0x1b)
                {
                    Begin();
                }

                break;
            case State.String:
                state = next switch
                {
                    0x07 => State.Text,
                    0x1b => State.StringEnd,
                    _ => State.String,
                };
                break;
            case State.StringEnd:
                // ESC \ ends it; anything else is a sequence of its own.
                state = State.Escape;
                if (next == (byte)'\\')
                {
                    state = State.Text;
                }
                else
                {
                    Take(next);
                }

                break;
        }
    }

    private void Begin() => (state, sequence) = (State.Escape, 0);

    private void TakeText(byte next)
    {
        if (next >= 0x80)
        {
            TakePart(next);
            return;
        }

        if (partialLength > 0)
        {
            partialLength = 0;
            Put('\uFFFD');
        }

        switch (next)
        {
            case 0x1b:
                Begin();
                break;
            case (byte)'\n':
                // The line's end is there already where the cursor has returned before.
                if (!wasReturn)
                {
                    Put('\n');
                }
                else if (ends.Count > 0)
                {
                    ends[^1] = at;
                }
                else
                {
                    Start = at;
                }

                wasReturn = false;
                break;
            case (byte)'\r' when wasReturn:
                break;
            case (byte)'\r':
                Put('\n');
                wasReturn = true;
                break;
            case >= 0x20 and not 0x7f or (byte)'\t':
                Put((char)next);
                break;
        }
    }

    /// <summary>A byte of a character of several.</summary>
    private void TakePart(byte next)
    {
        partial[partialLength++] = next;
        OperationStatus status = Rune.DecodeFromUtf8(partial.AsSpan(0, partialLength), out Rune rune, out _);
        if (status == OperationStatus.NeedMoreData && partialLength < partial.Length)
        {
            return;
        }

        partialLength = 0;
        foreach (char part in status == OperationStatus.Done ? rune.ToString() : "\uFFFD")
        {
            Put(part);
        }
    }

    private void Put(char character)
    {
        wasReturn = false;
        text.Append(character);
        ends.Add(at);
    }
}
