using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks;

public sealed class DelayQueueTests
{
    private readonly DelayQueue queue = new(bytesPerPort: 10);

    private string Take(long now)
    {
        byte[] frame = new byte[16];
        return queue.TryTake(now, frame, out int port, out int length) ? $"{port}:{Convert.ToHexString(frame, 0, length)}" : "-";
    }

    [Fact]
    public void Frames_arrive_by_their_time_and_at_the_same_time_in_their_order()
    {
        queue.TryAdd(1, 20, [3]);
        queue.TryAdd(1, 10, [1]);
        queue.TryAdd(2, 10, [2]);

        Assert.Equal(10, queue.Next);
        Assert.Equal(["-", "1:01", "2:02", "-", "1:03"], [Take(9), Take(10), Take(10), Take(19), Take(99)]);
        Assert.Null(queue.Next);
    }

    [Fact]
    public void What_is_on_the_way_to_one_port_is_bounded_and_does_not_count_for_another()
    {
        Assert.True(queue.TryAdd(1, 1, new byte[10]));
        Assert.False(queue.TryAdd(1, 1, [1]));
        Assert.True(queue.TryAdd(2, 1, [1]));

        Take(1);

        Assert.True(queue.TryAdd(1, 1, [1]));
    }
}
