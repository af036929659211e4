using System.Text.Json;
using QemuLab.Api;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

public sealed class MachineLoginViewTests
{
    [Fact]
    public async Task It_is_what_a_machine_says_of_itself()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync("name: l\nimage: micro\ngroups: { a: { count: 2, labels: { role: control } }, b: {} }\n");
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        byte[] answer = await client.GetByteArrayAsync("/v1/machines");

        IReadOnlyList<MachineView> machines = JsonSerializer.Deserialize(answer, ApiJson.Info<IReadOnlyList<MachineView>>())!;
        IReadOnlyList<MachineLoginView> logins = MachineLoginView.ListOf(answer);

        Assert.Equal(3, logins.Count);
        Assert.All(machines, machine => Assert.NotNull(machine.Ssh));
        Assert.Equal(machines.Select(Fields), logins.Select(Fields));
        Assert.Equal(machines.Select(Labels), logins.Select(Labels));
    }

    [Fact]
    public void One_that_the_file_no_longer_has_cannot_be_reached()
    {
        MachineLoginView machine = Assert.Single(MachineLoginView.ListOf("""[{"lab":"l","name":"a","group":"g","state":"Running","status":"Running","ssh":null,"plan":null,"hint":null}]"""u8.ToArray()));

        Assert.Equal((true, "Running", null, null, null), (machine.IsRunning, machine.Status, machine.Hint, machine.SshConfig, machine.SshUser));
        Assert.Empty(machine.Labels);
    }

    private static string Labels(IMachineIdentity machine) => string.Join(' ', machine.Labels.Order());

    private static (string, string, string, bool, string, string?, string?, string?) Fields(MachineView machine) =>
        (machine.Lab, machine.Name, machine.Group, machine.State == MachineState.Running, machine.Status, machine.Hint, machine.Ssh?.Config, machine.Ssh?.User);

    private static (string, string, string, bool, string, string?, string?, string?) Fields(MachineLoginView machine) =>
        (machine.Lab, machine.Name, machine.Group, machine.IsRunning, machine.Status, machine.Hint, machine.SshConfig, machine.SshUser);
}
