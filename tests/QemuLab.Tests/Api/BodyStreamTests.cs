using System.Text;
using QemuLab.Api;

namespace QemuLab.Tests.Api;

public class BodyStreamTests
{
    private static string Read(string answer)
    {
        return new StreamReader(HttpWire.ReadHead(new DripStream(Encoding.UTF8.GetBytes(answer))).Body).ReadToEnd();
    }

    [Fact]
    public void Chunks_are_put_together() =>
        Assert.Equal("hello, world", Read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7;x=y\r\nhello, \r\n5\r\nworld\r\n0\r\n\r\n"));

    [Fact]
    public void A_length_ends_the_body_before_the_connection_does() =>
        Assert.Equal("ab", Read("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabcd"));

    [Fact]
    public void Without_either_the_connection_ends_the_body() =>
        Assert.Equal("abcd", Read("HTTP/1.1 200 OK\r\n\r\nabcd"));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nhel")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("")]
    public void A_damaged_answer_is_an_error_and_never_a_short_one(string answer) =>
        Assert.ThrowsAny<IOException>(() => Read(answer));

    /// <summary>Hands out one byte at a time, as a socket may.</summary>
    private sealed class DripStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(1, count));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(1, buffer.Length)]);
    }
}
