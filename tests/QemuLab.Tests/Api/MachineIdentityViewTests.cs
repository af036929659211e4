using System.Text.Json;
using QemuLab.Api;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

public sealed class MachineIdentityViewTests
{
    [Fact]
    public async Task It_is_what_a_machine_says_of_itself()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync("name: l\nimage: micro\ngroups: { a: { count: 2, labels: { role: control } }, b: {} }\n");
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        byte[] answer = await client.GetByteArrayAsync("/v1/machines");

        IReadOnlyList<MachineView> machines = JsonSerializer.Deserialize(answer, ApiJson.Info<IReadOnlyList<MachineView>>())!;
        IReadOnlyList<MachineIdentityView> identities = MachineIdentityView.ListOf(answer);

        Assert.Equal(["a0", "a1", "b"], identities.Select(machine => machine.Name));
        Assert.Equal(machines.Select(Text), identities.Select(Text));

        static string Text(IMachineIdentity machine) => $"{machine.Lab}/{machine.Name} {string.Join(' ', machine.Labels.Order())}";
    }

    [Theory]
    [InlineData("[]", 0)]
    [InlineData("""[{"lab":"l","name":"a"}]""", 1)]
    [InlineData("""[{"lab":"l","name":"a","plan":null}]""", 1)]
    public void One_that_the_file_no_longer_has_has_no_labels(string json, int count)
    {
        IReadOnlyList<MachineIdentityView> machines = MachineIdentityView.ListOf(System.Text.Encoding.UTF8.GetBytes(json));

        Assert.Equal(count, machines.Count);
        Assert.All(machines, machine => Assert.Empty(machine.Labels));
    }
}
