using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>What the real binary says where it says no.</summary>
public class RefusalTests(Qemulab qemulab) : IClassFixture<Qemulab>
{
    [Theory]
    [InlineData("lst", 2, "error: there is no command 'lst' [QL0002]\nhint: did you mean: qemulab list?\n")]
    [InlineData("list --jsn", 2, "error: there is no option '--jsn' [QL0003]\nhint: did you mean --json?\n")]
    [InlineData("daemon stp", 2, "error: there is no command 'stp' [QL0002]\nhint: did you mean: qemulab daemon stop?\n")]
    [InlineData("stop", 2, "error: name at least one machine or group, or give --all or --selector [QL0001]\n")]
    [InlineData("info nosuch", 4, "error: there is no machine or group 'nosuch' [QL0053]\nhint: run: qemulab list\n")]
    [InlineData("exec nosuch -- true", 125, "error: there is no machine or group 'nosuch' [QL0053]\nhint: run: qemulab list\n")]
    [InlineData("list nosuch", 4, null)]
    [InlineData("network show nosuch", 4, null)]
    [InlineData("network check", 4, "error: there is no lab [QL0051]\nhint: launch one: qemulab launch-all lab.yaml\n")]
    [InlineData("network check nosuch", 4, null)]
    [InlineData("hosts nosuch", 4, null)]
    [InlineData("hosts k8s --install --remove", 2, "error: --install and --remove exclude each other [QL0001]\n")]
    [InlineData("launch-all missing.yaml", 2, null)]
    [InlineData("start x --timeout soon", 2, null)]
    public async Task A_refusal_is_an_error_line_and_an_exit_code(string line, int code, string? error)
    {
        CommandResult result = await qemulab.RunAsync(line.Split(' '));
        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Equal(error ?? result.Error, result.Error);
    }
}
