using System.Buffers;
using System.Buffers.Binary;
using QemuLab.Engine.Networks.Captures;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Networks.Captures;

/// <summary>The bytes; that tools read them is an integration test.</summary>
public sealed class SwitchCaptureTests
{
    private const uint Section = 0x0A0D0D0A, Interface = 1, Statistics = 5, Packet = 6;

    private static List<(uint Type, byte[] Body)> Blocks(ReadOnlySpan<byte> bytes)
    {
        var blocks = new List<(uint, byte[])>();
        while (!bytes.IsEmpty)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
            Assert.Equal(0, length % 4);
            Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(bytes[(length - 4)..]));
            blocks.Add((BinaryPrimitives.ReadUInt32LittleEndian(bytes), bytes[8..(length - 4)].ToArray()));
            bytes = bytes[length..];
        }

        return blocks;
    }

    [Fact]
    public void A_capture_names_its_ports_and_ends_with_their_statistics()
    {
        var capture = new SwitchCapture(new ManualTime(), ["one", "two"]);
        capture.Add("two", [1, 2, 3]);
        capture.Add("late", [4]);
        capture.End();
        capture.Add("one", [5]);

        List<(uint Type, byte[] Body)> blocks = Blocks(capture.Buffer.Waiting);

        Assert.Equal([Section, Interface, Interface, Packet, Interface, Packet, Statistics, Statistics, Statistics], blocks.Select(block => block.Type));
        Assert.Equal("one"u8.ToArray(), blocks[1].Body[12..15]);
        Assert.Equal(1, blocks[3].Body[0]);
        Assert.Equal([1, 2, 3, 0], blocks[3].Body[20..]);
        ulong nanoseconds = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(blocks[3].Body.AsSpan(4)) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(blocks[3].Body.AsSpan(8));
        Assert.Equal(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000_000, (long)nanoseconds);
    }

    [Fact]
    public void A_reader_that_does_not_read_costs_frames_that_are_counted_and_no_more_memory()
    {
        var capture = new SwitchCapture(new ManualTime(), ["one"]);
        byte[] frame = new byte[1500];
        for (int i = 0; i < 5_000; i++)
        {
            capture.Add("one", frame);
        }

        capture.End();

        List<(uint Type, byte[] Body)> blocks = Blocks(capture.Buffer.Waiting);
        byte[] statistics = blocks[^1].Body;
        long written = blocks.Count(block => block.Type == Packet);
        Assert.InRange(written, 2_000, 4_000);
        Assert.Equal(5_000, BinaryPrimitives.ReadInt64LittleEndian(statistics.AsSpan(16)));
        Assert.Equal(5_000 - written, BinaryPrimitives.ReadInt64LittleEndian(statistics.AsSpan(28)));
    }

    [Fact]
    public void A_buffer_keeps_its_order_over_its_end()
    {
        var buffer = new CaptureBuffer(10);
        for (byte i = 0; i < 30; i++)
        {
            buffer.Write((byte[])[i, i, i]);
            buffer.Write((byte[])[i, i, i]);
            Assert.Equal([i, i, i, i, i, i], buffer.Waiting.ToArray());
            buffer.Remove(1);
            buffer.Remove(5);
        }
    }
}
