using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>Values that an option cannot have: the real binary says which, and does nothing.</summary>
public sealed class BadOptionTests(SharedDaemon shared) : IClassFixture<SharedDaemon>
{
    [Theory]
    [InlineData("stop a --grace 60d", "--grace '60d' is more than 30 days")]
    [InlineData("stop a --grace -1", null)]
    [InlineData("stop a --grace soon", "--grace 'soon' is not a duration")]
    [InlineData("restart a --grace 31d", "--grace '31d' is more than 30 days")]
    [InlineData("restart a --timeout 31d", "--timeout '31d' is more than 30 days")]
    [InlineData("start a --timeout 60d", "--timeout '60d' is more than 30 days")]
    [InlineData("start a --timeout -1", null)]
    [InlineData("resume a --timeout 60d", "--timeout '60d' is more than 30 days")]
    [InlineData("wait a --timeout 60d", "--timeout '60d' is more than 30 days")]
    [InlineData("wait a --for nothing", "there is no condition 'nothing'")]
    [InlineData("wait a --for state=", "there is no state ''")]
    [InlineData("down l --grace 60d", "--grace '60d' is more than 30 days")]
    [InlineData("launch-all lab.yaml --timeout 60d", "--timeout '60d' is more than 30 days")]
    [InlineData("launch-all lab.yaml --timeout 0.x", null)]
    [InlineData("network cut a --for 400d", "--for '400d' is not a duration")]
    [InlineData("network cut a --for 0", null)]
    [InlineData("network delay a -1ms", null)]
    [InlineData("network delay a 61s", null)]
    [InlineData("network loss a 101%", null)]
    [InlineData("network loss a ten", null)]
    [InlineData("network rate a 1", null)]
    [InlineData("network capture l -w - --for 2d", "--for '2d' is more than 1 day")]
    [InlineData("network capture l -w - --for soon", "--for 'soon' is not a duration")]
    [InlineData("logs a --lines -1", "--lines '-1' is not a count of lines")]
    [InlineData("logs a --lines many", null)]
    [InlineData("logs a --since soon", "--since 'soon' is neither 'boot', nor a duration")]
    [InlineData("logs a --qemu --since 10m", "--since a time is for the console")]
    [InlineData("logs a --lines 99999999999", null)]
    [InlineData("history a -n -1", "--count '-1' is not a count of boots")]
    [InlineData("why", "name at least one machine or group")]
    [InlineData("why a --all", "--all and names exclude each other")]
    [InlineData("console a --escape q", "--escape 'q' is no key with Ctrl")]
    [InlineData("console a --view --force", "--view and --force exclude each other")]
    [InlineData("console a --for soon", "--for 'soon' is not a duration")]
    [InlineData("send-key a", "name at least one key, or give --text")]
    [InlineData("send-key a ctrl-alt-delte", "there is no key 'delte'")]
    [InlineData("send-key a --text ü", "no key of a US keyboard types 'ü'")]
    [InlineData("qmp a", "name a QMP command, or give --events")]
    [InlineData("qmp a {", "this is no QMP command: it is no JSON")]
    [InlineData("qmp a query-status --arg x", "--arg 'x' is not key=value")]
    [InlineData("qmp a query-status --timeout 60d", "--timeout '60d' is more than 30 days")]
    [InlineData("events --since -1", "--since '-1' is neither an event's id, nor a duration such as 10m, nor a time")]
    [InlineData("events --since last", "--since 'last' is neither an event's id")]
    [InlineData("purge --all --older-than soon -y", "--older-than 'soon' is not a duration")]
    [InlineData("snapshot create a/b", null)]
    [InlineData("set a memory", "'memory' is not a setting")]
    [InlineData("list -l =", null)]
    public async Task It_is_refused(string line, string? error)
    {
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "lab.yaml"), SharedDaemon.LabFile, TestContext.Current.CancellationToken);
        CommandResult refused = await shared.Daemon.RunAsync([.. line.Split(' ').Select(word => word == "lab.yaml" ? Path.Combine(folder.Path, word) : word)]);

        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.StartsWith("error: " + error, refused.Error, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], shared.Daemon.Lab.Hypervisor.Running.Keys.Order());
    }
}
