using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Labs;

public sealed class LaunchOrderTests
{
    private const string Cluster = """
        name: cluster
        image: micro
        defaults: { cpus: 1, memory: 128MiB, healthCheck: { tcp: 22 } }
        groups:
          gateway: {}
          control: { count: 2, dependsOn: gateway, machines: { control1: { dependsOn: { control0: healthy } } } }
          worker: { count: 2, dependsOn: [{ control: started }, { name: control0, condition: ready }] }
          log: {}
        """;

    [Fact]
    public void Groups_stand_for_their_machines_and_the_later_condition_counts()
    {
        Assert.Equal("gateway", Needs("control0"));
        Assert.Equal("gateway control0:healthy", Needs("control1"));
        Assert.Equal("control0 control1:started", Needs("worker1"));
        Assert.Equal("", Needs("log"));
    }

    [Fact]
    public void Among_some_the_others_do_not_count() =>
        Assert.Equal(["control0"], Order().Among(["control0", "control1", "log"]).DependenciesOf("control1").Select(dependency => dependency.Machine));

    [Fact]
    public async Task Dependants_come_first_by_whatever_way_and_the_rest_side_by_side()
    {
        List<string> begun = [];
        var worker = new TaskCompletionSource();

        Task all = Order().DependantsFirstAsync(["gateway", "control0", "worker0", "log"], async machine =>
        {
            begun.Add(machine);
            await (machine == "worker0" ? worker.Task : Task.CompletedTask);
        });

        Assert.Equal(["worker0", "log"], begun);
        worker.SetResult();
        await all;
        Assert.Equal(["worker0", "log", "control0", "gateway"], begun);
    }

    [Fact]
    public async Task A_dependant_that_fails_holds_up_nobody()
    {
        List<string> begun = [];

        Task all = Order().DependantsFirstAsync(["gateway", "worker0"], machine =>
        {
            begun.Add(machine);
            return machine == "worker0" ? Task.FromException(new InvalidOperationException()) : Task.CompletedTask;
        });

        await Assert.ThrowsAsync<InvalidOperationException>(() => all);
        Assert.Equal(["worker0", "gateway"], begun);
    }

    private static string Needs(string machine) => string.Join(' ', Order().DependenciesOf(machine).Select(dependency => dependency.ToString()));

    private static LaunchOrder Order() => new(PlanGoldenTests.Plan(Cluster, Fakes.Hosts.ByName["linux-x64-kvm"]).Machines);
}
