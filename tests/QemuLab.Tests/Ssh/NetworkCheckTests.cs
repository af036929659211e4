using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.CloudInit;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Ssh;

/// <summary>Two machines, a and b, that answer what the test lets them answer.</summary>
public sealed class NetworkCheckTests
{
    private static readonly StatePaths Paths = new("/h");
    private static readonly string[] Names = ["a", "b"];

    [Fact]
    public async Task All_is_well_where_every_machine_reaches_the_others_and_the_host()
    {
        var runner = new RecordingRunner(_ => RecordingRunner.Output("0 ok\n1 ok\n"));

        IReadOnlyList<NetworkCheckRow> rows = await new NetworkCheck(Paths, runner).RunAsync(Lab(), _ => NetworkImpairments.None);

        Assert.Equal(["a b", "a host", "b a", "b host"], rows.Select(row => $"{row.From} {row.To}"));
        Assert.All(rows, row => Assert.Equal((true, true, true, null), (row.IsGood, row.Expected, row.Works, row.StopsAt)));
        Command asked = runner.Commands.Single(command => command.Arguments.Contains("a"));
        Assert.Equal("0 10.77.0.10 10.77.0.11 b\n1 10.77.0.10 10.77.0.2 -\n", asked.Input);
        Assert.NotNull(asked.TimeLimit);
    }

    [Theory]
    [InlineData("0 nic\n1 ok\n", "its NIC has not the address 10.77.0.10: cloud-init's network-config was not applied")]
    [InlineData("0 address\n1 ok\n", "no answer from 10.77.0.11")]
    [InlineData("0 name\n1 ok\n", "10.77.0.11 answers, the name b does not lead there")]
    [InlineData("1 ok\n", "the machine gave no answer")]
    [InlineData("good morning\ngood evening\n1 ok\n0 name\r\n", "10.77.0.11 answers, the name b does not lead there")]
    public async Task Each_step_that_fails_is_named(string answer, string stopsAt)
    {
        IReadOnlyList<NetworkCheckRow> rows = await RunAsync(Lab(), command => RecordingRunner.Output(command.Arguments.Contains("a") ? answer : "0 ok\n1 ok\n"));

        NetworkCheckRow wrong = Assert.Single(rows, row => !row.IsGood);
        Assert.Equal(new NetworkCheckRow("a", "b", "lan", Expected: true, Works: false, stopsAt), wrong);
    }

    [Fact]
    public async Task A_machine_that_is_cut_off_is_expected_to_reach_nothing()
    {
        var cut = new NetworkImpairments { Links = new Dictionary<string, LinkImpairment> { ["b"] = new(IsCut: true) } };

        IReadOnlyList<NetworkCheckRow> rows = await RunAsync(Lab(), command => command.Arguments.Contains("b") ? throw new InvalidOperationException("asked") : RecordingRunner.Output("0 address\n1 ok\n"), cut);

        Assert.All(rows, row => Assert.True(row.IsGood, row.ToString()));
        Assert.Equal(["a b no answer from 10.77.0.11", "b a b is cut off on purpose", "b host b is cut off on purpose"],
            rows.Where(row => !row.Expected).Select(row => $"{row.From} {row.To} {row.StopsAt}"));
    }

    [Fact]
    public async Task A_cut_that_lets_something_through_is_not_as_it_should_be()
    {
        var cut = new NetworkImpairments { Links = new Dictionary<string, LinkImpairment> { ["b"] = new(IsCut: true) } };

        IReadOnlyList<NetworkCheckRow> rows = await RunAsync(Lab(), _ => RecordingRunner.Output("0 ok\n1 ok\n"), cut);

        Assert.Equal(["a b"], rows.Where(row => !row.IsGood).Select(row => $"{row.From} {row.To}"));
    }

    [Fact]
    public async Task Two_that_are_partitioned_reach_the_host_and_not_each_other()
    {
        var apart = new NetworkImpairments { Partitions = [new MachinePair("b", "a")] };

        IReadOnlyList<NetworkCheckRow> rows = await RunAsync(Lab(), _ => RecordingRunner.Output("0 address\n1 ok\n"), apart);

        Assert.All(rows, row => Assert.True(row.IsGood, row.ToString()));
        Assert.Equal(["a b", "b a"], rows.Where(row => !row.Expected).Select(row => $"{row.From} {row.To}"));
    }

    [Fact]
    public async Task A_stopped_machine_is_not_asked_and_nobody_need_reach_it()
    {
        LabStatus lab = Lab(Status("b", MachineState.Stopped, BootPhase.None));

        IReadOnlyList<NetworkCheckRow> rows = await RunAsync(lab, command => command.Arguments.Contains("b") ? throw new InvalidOperationException("asked") : RecordingRunner.Output("0 address\n1 ok\n"));

        Assert.All(rows, row => Assert.True(row.IsGood, row.ToString()));
        Assert.Equal(["a b b is not running", "b a b cannot be asked: it is Stopped", "b host b cannot be asked: it is Stopped"],
            rows.Where(row => !row.Works).Select(row => $"{row.From} {row.To} {row.StopsAt}"));
    }

    [Fact]
    public async Task A_machine_that_runs_and_is_not_ready_is_not_as_it_should_be()
    {
        LabStatus lab = Lab(Status("b", MachineState.Running, BootPhase.Login));

        IReadOnlyList<NetworkCheckRow> rows = await RunAsync(lab, _ => RecordingRunner.Output("0 ok\n1 ok\n"));

        Assert.Equal(["b a b cannot be asked: it is not ready", "b host b cannot be asked: it is not ready"], rows.Where(row => !row.IsGood).Select(row => $"{row.From} {row.To} {row.StopsAt}"));
    }

    [Fact]
    public async Task A_machine_that_takes_too_long_says_so()
    {
        IReadOnlyList<NetworkCheckRow> rows = await RunAsync(Lab(), command => command.Arguments.Contains("a") ? RecordingRunner.Hang("") : RecordingRunner.Output("0 ok\n1 ok\n"));

        Assert.Equal(["a does not answer by SSH: it took too long"], rows.Where(row => !row.IsGood).Select(row => row.StopsAt).Distinct());
    }

    [Fact]
    public async Task A_machine_that_SSH_does_not_reach_says_so_in_SSHs_words()
    {
        IReadOnlyList<NetworkCheckRow> rows = await RunAsync(Lab(), command => command.Arguments.Contains("a") ? RecordingRunner.Failure("Connection refused\n", 255) : RecordingRunner.Output("0 ok\n1 ok\n"));

        Assert.Equal(["a b", "a host"], rows.Where(row => !row.IsGood).Select(row => $"{row.From} {row.To}"));
        Assert.All(rows.Where(row => !row.IsGood), row => Assert.Equal("a does not answer by SSH: Connection refused", row.StopsAt));
    }

    private static Task<IReadOnlyList<NetworkCheckRow>> RunAsync(LabStatus lab, Func<Command, CommandResult> answer, NetworkImpairments? impairments = null) =>
        new NetworkCheck(Paths, new RecordingRunner(answer)).RunAsync(lab, _ => impairments ?? NetworkImpairments.None);

    private static LabStatus Lab(params MachineStatus[] others)
    {
        LabPlan plan = SeedPlans.Lab([.. Names.Select(name => SeedPlans.Spec(name))]);
        NetworkPlan network = plan.Network with { Hosts = [.. plan.Machines.Select(machine => new NetworkHost(machine.Name, machine.Address, machine.Mac))] };
        plan = plan with { Networks = [network], Machines = [.. plan.Machines.Select(machine => machine with { Nics = [machine.Nics[0] with { Network = network }] })] };
        return new LabStatus("demo", "/h/lab.yaml", plan, [.. Names.Select(name => others.FirstOrDefault(other => other.Name == name) ?? Status(name, MachineState.Running, BootPhase.Ready))]);
    }

    private static MachineStatus Status(string name, MachineState state, BootPhase phase) =>
        new() { Lab = "demo", Name = name, Group = name, State = state, Phase = phase, Since = DateTimeOffset.UnixEpoch };
}
