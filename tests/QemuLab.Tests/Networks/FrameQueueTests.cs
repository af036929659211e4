using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks;

public sealed class FrameQueueTests
{
    [Fact]
    public void Frames_come_out_in_order_however_the_memory_is_used()
    {
        var queue = new FrameQueue(100);
        var expected = new Queue<byte[]>();
        var random = new Random(1);
        for (int i = 0; i < 5000; i++)
        {
            byte[] frame = new byte[random.Next(0, 40)];
            random.NextBytes(frame);
            if (queue.TryAdd(frame))
            {
                expected.Enqueue(frame);
            }

            if (random.Next(3) > 0 && !queue.IsEmpty)
            {
                Assert.Equal(expected.Dequeue(), queue.First.ToArray());
                queue.RemoveFirst();
            }

            Assert.Equal(expected.Count == 0, queue.IsEmpty);
        }
    }

    [Fact]
    public void A_frame_for_which_there_is_no_room_is_refused()
    {
        var queue = new FrameQueue(20);

        Assert.True(queue.TryAdd(new byte[16]));
        Assert.False(queue.TryAdd([]));
    }
}
