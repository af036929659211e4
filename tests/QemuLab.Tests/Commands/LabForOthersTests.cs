using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>A lab in the words of other programs: Ansible's inventory, a shell's variables, the user's ssh.</summary>
public sealed class LabForOthersTests
{
    private const string Lab = """
        name: l
        image: micro
        network: { subnet: 10.77.0.0/24 }
        groups:
          web: { address: 10.77.0.11, labels: { zone: a } }
          db-node: { count: 2, ports: ["127.0.0.1:15432:5432"] }
        """;

    [Fact]
    public async Task Ansible_gets_the_groups_as_a_file_and_as_a_script_answers()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);

        string yaml = (await daemon.RunAsync("inventory")).Output;
        using JsonDocument list = JsonDocument.Parse((await daemon.RunAsync("inventory", "l", "--list")).Output);
        using JsonDocument host = JsonDocument.Parse((await daemon.RunAsync("inventory", "l", "--host", "web")).Output);

        Assert.Contains("    db-node:\n      hosts:\n        db-node0:\n", yaml, StringComparison.Ordinal);
        Assert.StartsWith("# Lab l, for: ansible -i THIS-FILE all -m ping\nall:\n  hosts:\n    web:\n      ansible_user: ", yaml, StringComparison.Ordinal);
        Assert.Contains("      labels: {\"zone\":\"a\"}\n  children:\n    db-node:\n", yaml, StringComparison.Ordinal);
        Assert.Equal(["web"], list.RootElement.GetProperty("all").GetProperty("hosts").EnumerateArray().Select(name => name.GetString()));
        Assert.False(list.RootElement.TryGetProperty("web", out _));
        Assert.Equal(["db-node0", "db-node1"], list.RootElement.GetProperty("db-node").GetProperty("hosts").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(JsonSerializer.Serialize(host), JsonSerializer.Serialize(list.RootElement.GetProperty("_meta").GetProperty("hostvars").GetProperty("web")));
        Assert.StartsWith("-F ", host.RootElement.GetProperty("ansible_ssh_common_args").GetString(), StringComparison.Ordinal);
        Assert.Equal("{}\n", (await daemon.RunAsync("inventory", "l", "--host", "nobody")).Output);
    }

    [Fact]
    public async Task A_shell_gets_names_addresses_and_ports()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);

        CommandResult sh = await daemon.RunAsync("env", "l");

        Assert.Contains("export QEMULAB_GROUP_DB_NODE='db-node0 db-node1'\n", sh.Output, StringComparison.Ordinal);
        Assert.Contains("export QEMULAB_WEB_ADDRESS=10.77.0.11\n", sh.Output, StringComparison.Ordinal);
        Assert.Contains("export QEMULAB_DB_NODE1_PORTS=15433:5432\n", sh.Output, StringComparison.Ordinal);
        Assert.Contains("set -gx QEMULAB_MACHINES 'web db-node0 db-node1'\n", (await daemon.RunAsync("env", "--shell", "fish")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await daemon.RunAsync("env", "--shell", "cmd")).ExitCode);
    }

    [Theory]
    [InlineData(2, "usage", "exec")]
    [InlineData(2, "usage", "exec", "web")]
    [InlineData(2, "number-invalid", "exec", "web", "--parallel", "0", "--", "ls")]
    [InlineData(125, "what stands before the first -- are machines: qemulab exec web -- git log …", "exec", "web", "git", "log", "--", "file")]
    [InlineData(2, "neither side is a machine", "cp", "a", "b")]
    [InlineData(2, "a copy needs a source and a destination", "cp", "web:x")]
    [InlineData(1, "there is no file or folder nowhere", "cp", "nowhere", "web:")]
    [InlineData(4, "there is no machine or group 'nobody'", "cp", "nobody:x", ".")]
    [InlineData(2, "- is standard input to one NAME:PATH", "cp", "-", "-")]
    [InlineData(2, "is not a port to forward", "forward", "web", "http")]
    [InlineData(2, "--install and --remove are for all labs", "ssh-config", "l", "--install")]
    [InlineData(2, "--list and --host exclude each other", "inventory", "--list", "--host", "web")]
    [InlineData(4, "there is no lab 'none'", "inventory", "none")]
    public async Task What_cannot_be_is_told_before_anything_is_done(int code, string words, params string[] arguments)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);

        CommandResult refused = await daemon.RunAsync(arguments);

        Assert.Equal(code, refused.ExitCode);
        if (words is not ("usage" or "number-invalid"))
        {
            Assert.Contains(words, refused.Error, StringComparison.Ordinal);
        }
    }
}
