using System.Globalization;

namespace QemuLab.Api;

/// <summary>The body of an HTTP answer: of a known length, or in chunks. An end before its time is an error, not an end.</summary>
internal sealed class BodyStream : Stream
{
    private readonly Stream inner;
    private readonly bool chunked;
    private long left;
    private bool begun;
    private bool ended;

    private BodyStream(Stream inner, bool chunked, long left) => (this.inner, this.chunked, this.left) = (inner, chunked, left);

    public static BodyStream Chunked(Stream inner) => new(inner, chunked: true, 0);

    public static BodyStream OfLength(Stream inner, long length) => new(inner, chunked: false, length);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || (left == 0 && !NextChunk()))
        {
            return 0;
        }

        int read = inner.Read(buffer[..(int)Math.Min(left, buffer.Length)]);
        left -= read;
        return read > 0 ? read : throw new IOException("the answer ended early");
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <returns>Whether there is one; the last has no bytes.</returns>
    private bool NextChunk()
    {
        if (!chunked || ended)
        {
            return false;
        }

        if (begun)
        {
            HttpWire.ReadLine(inner);
        }

        begun = true;
        string size = HttpWire.ReadLine(inner).Split(';')[0];
        left = long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new IOException("the answer's chunks are damaged");
        ended = left == 0;
        return !ended;
    }
}
