namespace QemuLab.Engine.Qmp;

/// <summary>Cuts a byte stream into lines, whatever pieces it comes in.</summary>
/// <param name="longest">A line beyond this is refused, so that a broken peer cannot fill the memory.</param>
internal sealed class LineStream(Stream stream, int longest = 64 * 1024 * 1024)
{
    private byte[] buffer = new byte[4096];
    private int start;
    private int end;

    /// <summary>The next line without its line end, valid until the next call; null at the end of the stream, where an unfinished line is dropped.</summary>
    /// <exception cref="InvalidDataException">The line is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadLineAsync(CancellationToken cancellation = default)
    {
        for (int searched = start; ;)
        {
            int newline = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                ReadOnlyMemory<byte> line = buffer.AsMemory(start, searched + newline - start);
                start = searched + newline + 1;
                return line.Length > 0 && line.Span[^1] == '\r' ? line[..^1] : line;
            }

            MakeRoom();
            searched = end;
            int count = await stream.ReadAsync(buffer.AsMemory(end), cancellation);
            if (count == 0)
            {
                return null;
            }

            end += count;
        }
    }

    private void MakeRoom()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        if (end == buffer.Length)
        {
            if (end >= longest)
            {
                throw new InvalidDataException($"a line of more than {longest} bytes");
            }

            Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, longest));
        }
    }
}
