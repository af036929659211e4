using System.Text.Json;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Api;

public class ProblemViewTests
{
    [Theory]
    [InlineData(ErrorKind.Failed, 500)]
    [InlineData(ErrorKind.Usage, 400)]
    [InlineData(ErrorKind.NotFound, 404)]
    [InlineData(ErrorKind.TimedOut, 504)]
    [InlineData(ErrorKind.Conflict, 409)]
    public void An_error_keeps_kind_code_message_and_hint_over_the_wire(ErrorKind kind, int status)
    {
        ProblemView sent = ProblemView.From(new QemuLabException(kind, "port-taken", "port 8080 is taken", "use another"));
        Assert.Equal(status, sent.Status);
        var back = Assert.IsType<QemuLabException>(OverTheWire(sent).ToException());
        Assert.Equal((kind, "port-taken", "port 8080 is taken", "use another"), (back.Kind, back.Code, back.Message, back.Hint));
    }

    [Fact]
    public void A_wrong_lab_file_is_422_with_every_diagnostic()
    {
        Diagnostic[] faults = [new("lab.yaml", 3, 5, "no"), new("lab.yaml", 4, 1, "neither")];
        ProblemView sent = ProblemView.From(new LabFileException(faults));
        Assert.Equal(422, sent.Status);
        Assert.Equal(faults, Assert.IsType<LabFileException>(OverTheWire(sent).ToException()).Diagnostics);
    }

    [Fact]
    public void A_bug_is_500_and_tells_no_stack()
    {
        ProblemView sent = ProblemView.From(new InvalidOperationException("oops"));
        Assert.Equal((500, ProblemView.BugCode), (sent.Status, sent.Code));
        Assert.IsType<DaemonBugException>(OverTheWire(sent).ToException());
    }

    private static ProblemView OverTheWire(ProblemView problem) =>
        JsonSerializer.Deserialize(JsonSerializer.Serialize(problem, ApiJson.Default.ProblemView), ApiJson.Default.ProblemView)!;
}
