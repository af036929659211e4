using QemuLab.Engine;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Launches and starts that the host has no room for.</summary>
public sealed class RefusedLaunchTests : IDisposable
{
    private const int Limit = 30_000;

    private const string Duo = """
        name: duo
        image: micro
        defaults: { cpus: 1, memory: 2GiB }
        groups:
          a: {}
          b: {}
        """;

    private readonly FakeLab home = new();

    public void Dispose() => home.Dispose();

    [Fact(Timeout = Limit)]
    public async Task A_lab_without_room_is_refused_as_a_whole_and_nothing_is_touched()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        home.Host = home.Host with { MemoryAvailable = ByteSize.FromGiB(3) };

        QemuLabException refused = await Assert.ThrowsAsync<QemuLabException>(() => LaunchAsync(supervisor, Duo));

        Assert.Equal((ErrorKind.Failed, "memory-too-large"), (refused.Kind, refused.Code));
        Assert.Empty(supervisor.Labs);
        Assert.Empty(home.Hypervisor.Launches);
        Assert.False(Directory.Exists(home.Paths.Machine("duo", "a").Path));
        Assert.True((await LaunchAsync(supervisor, "overcommit: { memory: 2 }\n" + Duo)).Succeeded);
    }

    [Fact(Timeout = Limit)]
    public async Task Memory_is_looked_at_anew_and_what_runs_is_not_counted_twice()
    {
        await using LabSupervisor supervisor = await home.StartAsync();
        await LaunchAsync(supervisor, Duo);
        home.Host = home.Host with { MemoryAvailable = ByteSize.FromMiB(100) };

        Assert.True((await LaunchAsync(supervisor, Duo)).Succeeded);

        await supervisor.StopMachineAsync("duo", "a", new StopOptions());
        QemuLabException refused = await Assert.ThrowsAsync<QemuLabException>(() => supervisor.StartMachineAsync("duo", "a", new LaunchOptions()));
        Assert.StartsWith("a with 2GiB needs 2GiB of memory with QEMU's own, ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(MachineState.Stopped, supervisor.Labs.Single().Machines[0].State);
        MachineResult result = Assert.Single(await supervisor.Batch.StartAsync("duo", ["a"], new LaunchOptions(), TestContext.Current.CancellationToken));
        Assert.Equal("memory-too-large", result.Failure?.Code);
    }

    private static Task<LaunchOutcome> LaunchAsync(LabSupervisor supervisor, string text) =>
        supervisor.LaunchAsync(FakeLab.Source(text), new LaunchOptions(), null, TestContext.Current.CancellationToken);
}
