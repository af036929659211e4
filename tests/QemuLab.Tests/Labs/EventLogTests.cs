using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Labs;

public sealed class EventLogTests
{
    private readonly EventLog log = new(TimeProvider.System, capacity: 3);

    [Fact]
    public void Only_the_newest_are_kept_and_ids_go_on()
    {
        for (int i = 0; i < 5; i++)
        {
            log.Add(LabEventKind.State, "k8s", "control0", "Running");
        }

        Assert.Equal([3, 4, 5], log.Since(0).Select(happened => happened.Id));
        Assert.Equal([5], log.Since(4).Select(happened => happened.Id));
    }

    [Fact]
    public void Image_progress_is_told_but_not_kept()
    {
        var told = new List<string>();
        using (log.Subscribe("k8s", new Sink(told)))
        {
            log.Add(LabEventKind.Image, "k8s", null, "download", "10 %");
        }

        Assert.Equal(["download"], told);
        Assert.Empty(log.Since(0));
    }

    [Fact]
    public void Of_a_snapshot_the_deed_is_kept_and_each_machine_s_part_of_it_is_not()
    {
        log.Add(LabEventKind.Snapshot, "k8s", "control0", "Saving");
        log.Add(LabEventKind.Snapshot, "k8s", null, "Taken", "s");
        Assert.Equal(["Taken"], log.Since(0).Select(happened => happened.Word));
        Assert.Equal(1, log.LastId);
    }

    [Fact]
    public void A_subscriber_hears_its_own_lab_until_it_leaves()
    {
        var told = new List<string>();
        using (log.Subscribe("k8s", new Sink(told)))
        {
            log.Add(LabEventKind.State, "other", null, "Running");
            log.Add(LabEventKind.State, "k8s", null, "Stopped");
        }

        log.Add(LabEventKind.State, "k8s", null, "Failed");
        Assert.Equal(["Stopped"], told);
    }

    [Fact]
    public async Task A_follower_gets_the_old_ones_first_and_then_the_new()
    {
        log.Add(LabEventKind.State, "k8s", null, "one");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var words = new List<string>();
        await foreach (IReadOnlyList<LabEvent> happened in log.FollowAsync(after: 0, limit.Token))
        {
            words.AddRange(happened.Select(one => one.Word));
            if (words.Count == 1)
            {
                log.Add(LabEventKind.State, "k8s", null, "two");
            }
            else
            {
                break;
            }
        }

        Assert.Equal(["one", "two"], words);
    }

    private sealed class Sink(List<string> told) : IProgress<LabEvent>
    {
        public void Report(LabEvent value) => told.Add(value.Word);
    }
}
