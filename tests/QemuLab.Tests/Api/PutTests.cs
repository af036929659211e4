using System.Text;
using System.Text.Json;
using QemuLab.Api;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>What is asked for may be asked for again: a state of a machine, a lab as its file says.</summary>
public sealed class PutTests
{
    private const string Lab = "name: l\nimage: micro\ngroups: { a: {}, b: { dependsOn: a } }\n";

    [Theory]
    [InlineData("Running", "Paused")]
    [InlineData("Running", "Stopped")]
    [InlineData("Running", "Suspended")]
    [InlineData("Paused", "Running")]
    [InlineData("Paused", "Stopped")]
    [InlineData("Paused", "Suspended")]
    [InlineData("Stopped", "Running")]
    [InlineData("Stopped", "Paused")]
    [InlineData("Suspended", "Running")]
    public async Task A_machine_is_brought_from_one_state_to_another_and_the_second_time_nothing_is_done(string from, string to)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        Assert.Equal(from == "Running" ? "Unchanged" : from, (await StateAsync(client, $$"""{"state":"{{from}}"}""")).Outcome);

        MachineChangeView changed = await StateAsync(client, $$"""{"state":"{{to}}"}""");
        int launches = daemon.Lab.Hypervisor.Launches.Count;
        MachineChangeView again = await StateAsync(client, $$"""{"state":"{{to}}"}""");

        Assert.Equal((to, to), (changed.Outcome, changed.State!.State.ToString()));
        Assert.Equal(("Unchanged", to), (again.Outcome, again.State!.State.ToString()));
        Assert.Equal(launches, daemon.Lab.Hypervisor.Launches.Count);
    }

    [Theory]
    [InlineData("Stopped", "Suspended", 409, "machine-not-running")]
    [InlineData("Suspended", "Stopped", 409, "machine-not-running")]
    [InlineData("Suspended", "Paused", 409, "machine-suspended")]
    public async Task A_state_that_there_is_no_way_to_is_refused_and_nothing_is_changed(string from, string to, int status, string code)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        await StateAsync(client, $$"""{"state":"{{from}}"}""");

        using HttpResponseMessage refused = await client.PutAsync("/v1/machines/l/b/state", Json($$"""{"state":"{{to}}"}"""));

        Assert.Equal((status, code), ((int)refused.StatusCode, (await ReadAsync<ProblemView>(refused)).Code));
        Assert.Equal(from, Machine(daemon, "b").State.ToString());
    }

    [Fact]
    public async Task Two_that_ask_for_the_same_at_the_same_time_both_have_it()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        await StateAsync(client, """{"state":"Stopped"}""");
        int launches = daemon.Lab.Hypervisor.Launches.Count;

        MachineChangeView[] changes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StateAsync(client, """{"state":"Running"}""")));

        Assert.All(changes, change => Assert.Equal(MachineState.Running, change.State!.State));
        Assert.Equal(launches + 1, daemon.Lab.Hypervisor.Launches.Count);
    }

    [Fact]
    public async Task A_machine_that_has_failed_has_stopped_and_one_that_boots_is_waited_for()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        daemon.Lab.Hypervisor.Running["b"].End("killed");
        await FakeLab.UntilAsync(() => Machine(daemon, "b").State == MachineState.Failed);
        Assert.Equal("Unchanged", (await StateAsync(client, """{"state":"Stopped"}""")).Outcome);

        daemon.Lab.Guests["b"] = FakeLab.Never;
        Assert.Equal(BootPhase.Process, (await StateAsync(client, """{"state":"Running","wait":false}""")).State!.Phase);
        using HttpResponseMessage late = await client.PutAsync("/v1/machines/l/b/state", Json("""{"state":"Running","timeoutSeconds":0}"""));
        Assert.Equal((504, "wait-timeout"), ((int)late.StatusCode, (await ReadAsync<ProblemView>(late)).Code));
    }

    [Fact]
    public async Task A_lab_is_made_by_its_file_and_the_same_file_changes_nothing()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        const string File = "name: k\nimage: micro\nparameters: { count: 1 }\ngroups: { c: { count: \"${count}\" } }\n";
        string folder = Directory.CreateDirectory(Path.Combine(daemon.Lab.Paths.Home, "here")).FullName;

        LaunchOutcome made = await ReadAsync<LaunchOutcome>(await client.PutAsync($"/v1/labs/k/file?path={folder}/k.yaml&set=count=2", Yaml(File)));
        string once = await client.GetStringAsync("/v1/labs/k/file");
        using JsonDocument again = JsonDocument.Parse(await (await client.PutAsync($"/v1/labs/k/file?set=count=2", Yaml(File))).Content.ReadAsStringAsync());

        Assert.Equal(["Created", "Created"], made.Machines.Select(machine => machine.Outcome.ToString()));
        Assert.False(again.RootElement.GetProperty("changed").GetBoolean());
        Assert.Equal(["Unchanged", "Unchanged"], again.RootElement.GetProperty("machines").EnumerateArray().Select(machine => machine.GetProperty("outcome").GetString()));
        Assert.Equal(File, once);
        Assert.Equal($"{folder}/k.yaml", daemon.Labs.Labs.First(lab => lab.Name == "k").File);
    }

    [Fact]
    public async Task Files_that_a_lab_file_names_are_looked_for_beside_it()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        const string File = "name: k\nimage: micro\ngroups: { c: { userData: c.yaml } }\n";
        string folder = Directory.CreateDirectory(Path.Combine(daemon.Lab.Paths.Home, "here")).FullName;

        using HttpResponseMessage missing = await client.PutAsync($"/v1/labs/k/file?path={folder}/k.yaml", Yaml(File));
        await System.IO.File.WriteAllTextAsync(Path.Combine(folder, "c.yaml"), "#cloud-config\npackages: [curl]\n");
        using HttpResponseMessage found = await client.PutAsync($"/v1/labs/k/file?path={folder}/k.yaml", Yaml(File));

        Assert.Equal(422, (int)missing.StatusCode);
        Assert.Contains("c.yaml", Assert.Single((await ReadAsync<ProblemView>(missing)).Diagnostics!).ToString(), StringComparison.Ordinal);
        Assert.Equal(200, (int)found.StatusCode);
    }

    [Theory]
    [InlineData("/v1/labs/k/file", "nme: k", 422, "lab-file-invalid")]
    [InlineData("/v1/labs/other/file", "name: k\nimage: micro\ngroups: { c: {} }", 400, "lab-name-differs")]
    [InlineData("/v1/labs/k/file?path=lab.yaml", "name: k", 400, "request-invalid")]
    [InlineData("/v1/labs/k/file?path=/tmp/", "name: k", 400, "request-invalid")]
    [InlineData("/v1/labs/k/file?timeoutSeconds=-1", "name: k", 400, "request-invalid")]
    [InlineData("/v1/labs/k/file?wait=maybe", "name: k", 400, "request-invalid")]
    [InlineData("/v1/labs/k/file", "", 422, "lab-file-invalid")]
    [InlineData("/v1/labs/k/file", "\u00ff", 400, "request-invalid")]
    public async Task A_lab_file_that_cannot_be_is_refused(string route, string text, int status, string code)
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        using var body = new ByteArrayContent(Encoding.Latin1.GetBytes(text)) { Headers = { ContentType = new(LabFileRoutes.MediaType) } };

        using HttpResponseMessage refused = await client.PutAsync(route, body);

        ProblemView problem = await ReadAsync<ProblemView>(refused);
        Assert.Equal((status, code), ((int)refused.StatusCode, problem.Code));
        Assert.Single(daemon.Labs.Labs);
    }

    [Fact]
    public async Task A_launch_that_fails_has_a_status_that_says_so()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using HttpClient client = SocketClient.Of(daemon.Lab.Paths);
        daemon.Lab.Hypervisor.Refuses["c"] = "no such CPU";

        using HttpResponseMessage failed = await client.PutAsync("/v1/labs/k/file", Yaml("name: k\nimage: micro\ngroups: { c: {} }"));

        ProblemView problem = await ReadAsync<ProblemView>(failed);
        Assert.Equal((500, "launch-failed", "c: no such CPU"), ((int)failed.StatusCode, problem.Code, problem.Detail));
    }

    private static MachineStatus Machine(FakeDaemon daemon, string name) => daemon.Labs.Labs.SelectMany(lab => lab.Machines).First(machine => machine.Name == name);

    private static async Task<MachineChangeView> StateAsync(HttpClient client, string body)
    {
        using HttpResponseMessage response = await client.PutAsync("/v1/machines/l/b/state", Json(body));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await ReadAsync<MachineChangeView>(response);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static StringContent Yaml(string text) => new(text, Encoding.UTF8, LabFileRoutes.MediaType);

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response) => JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), ApiJson.Info<T>())!;
}
