using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Tests.Output;

public class FieldFormatTests
{
    private static readonly MachineView Machine = new()
    {
        Lab = "l",
        Name = "a",
        Group = "g",
        State = MachineState.Running,
        Phase = BootPhase.Ready,
        Status = "Running (ready)",
        Since = DateTimeOffset.UnixEpoch,
        Conditions = [MachineCondition.Ready, MachineCondition.Degraded],
        Ssh = new SshView("me", "127.0.0.1", 2222, "qemulab ssh a", "/c"),
    };

    [Theory]
    [InlineData("{name} {state}", "a Running")]
    [InlineData(@"{lab}/{name}\t{ssh.port}\n", "l/a\t2222\n")]
    [InlineData("{conditions}", "Ready,Degraded")]
    [InlineData("[{reason}] [{plan.address}] [{plan.labels.zone}]", "[] [] []")]
    [InlineData("{{no field}} {", "{{no field}} {")]
    public void Fields_are_those_of_the_JSON(string pattern, string line) => Assert.Equal(line, FieldFormat.Line(pattern, Machine));

    [Theory]
    [InlineData("{adress}", "there are: lab, name")]
    [InlineData("{plan.adress}", "did you mean {plan.address}?")]
    [InlineData("{name.first}", "it ends before that")]
    public void A_field_that_there_is_none_of_is_told_with_those_there_are(string pattern, string hint)
    {
        var unknown = Assert.Throws<QemuLabException>(() => FieldFormat.Line(pattern, Machine));

        Assert.Equal(("field-unknown", ErrorKind.Usage), (unknown.Code, unknown.Kind));
        Assert.Contains(hint, unknown.Hint, StringComparison.Ordinal);
    }
}
