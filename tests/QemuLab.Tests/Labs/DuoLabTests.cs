using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>A lab of two machines under the real supervisor, with everything that is outside of the process played.</summary>
public abstract class DuoLabTests : IDisposable
{
    private protected const int Limit = 30_000;

    private protected const string Duo = """
        name: duo
        image: micro
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          a: {}
          b: {}
        """;

    private protected static readonly LaunchOptions Wait = new();

    private protected readonly FakeLab home = new();

    public void Dispose()
    {
        home.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static Task<LaunchOutcome> LaunchAsync(LabSupervisor supervisor, string text) => supervisor.LaunchAsync(FakeLab.Source(text), Wait, null);

    private protected static string Outcomes(LaunchOutcome outcome) => string.Join(", ", outcome.Machines.Select(machine => $"{machine.Machine} {machine.Outcome}"));

    private protected static string States(LabSupervisor supervisor) =>
        string.Join(", ", supervisor.Labs.SelectMany(lab => lab.Machines).Select(machine => $"{machine.Name} {machine.State} {machine.Phase}"));

    private protected static (string Address, int Port)[] Addresses(LabSupervisor supervisor) =>
        [.. supervisor.Labs.Single().Plan.Machines.Select(machine => (machine.Address.ToString(), machine.SshPort))];

    private protected static int?[] Pids(LabSupervisor supervisor) => [.. supervisor.Labs.Single().Machines.Select(machine => machine.ProcessId)];

    private protected MachineDirectory Files(string machine) => home.Paths.Machine("duo", machine);

    private protected async Task MakeStoppedLabWithBrokenRecordAsync()
    {
        await using (LabSupervisor supervisor = await home.StartAsync())
        {
            await LaunchAsync(supervisor, Duo);
            await supervisor.DownAsync("duo", purge: false, new StopOptions(), null);
        }

        File.AppendAllText(Files("a").RootDisk, "the guest's");
        File.WriteAllText(home.Paths.LabRecord("duo"), File.ReadAllText(home.Paths.LabRecord("duo"))[..100]);
    }

    private protected void AssertNothingIsLeft(LabSupervisor supervisor)
    {
        Assert.Empty(supervisor.Labs);
        Assert.Empty(home.Hypervisor.Running);
        Assert.Empty(home.Network.Up);
        Assert.False(Directory.Exists(home.Paths.Lab("duo")));
        Assert.False(Directory.Exists(home.Paths.Run("duo")));
    }
}
