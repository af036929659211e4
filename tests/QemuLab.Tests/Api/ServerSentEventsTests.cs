using QemuLab.Api;
using QemuLab.Commands;
using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Api;

public class ServerSentEventsTests
{
    [Fact]
    public void An_event_is_framed_with_its_id_and_read_back()
    {
        LabEvent happened = new EventLog(TimeProvider.System).Add(LabEventKind.State, "k8s", "control0", "Running", "a\nb");
        string frame = ServerSentEvents.Frame(happened);
        Assert.StartsWith("id: 1\nevent: state\ndata: {", frame, StringComparison.Ordinal);
        Assert.EndsWith("}\n\n", frame, StringComparison.Ordinal);
        Assert.Equal(happened, Assert.Single(EventFrames.Read(frame.Split('\n'))));
    }

    [Fact]
    public void Progress_that_is_not_kept_has_no_id() =>
        Assert.StartsWith("event: image\n", ServerSentEvents.Frame(new EventLog(TimeProvider.System).Add(LabEventKind.Image, "k8s", null, "download", "10 %")), StringComparison.Ordinal);
}
