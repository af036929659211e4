using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>What tests of a lab "l" of two machines, "a" and "b", have in common: over a hypervisor and a network that keep their books.</summary>
public abstract class TwoMachineTests : IDisposable
{
    private protected const string Text = """
        name: l
        image: micro
        groups: { a: {}, b: {} }
        """;

    private protected static readonly LaunchOptions Launch = new(Wait: true, TimeLimit: null);
    private protected static readonly ReturnOptions Force = new(Force: true);

    private protected readonly FakeLab lab = new();

    public void Dispose()
    {
        lab.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected FakeMachine Qemu(string machine) => lab.Hypervisor.Running[machine];

    private protected MachineRecord Record(string machine) => new LabStore(lab.Paths, lab.Clock).ReadAll().Records["l"].Machines[machine];

    private protected static MachineStatus StatusOf(LabSupervisor labs, string machine) => labs.Labs[0].Machines.First(status => status.Name == machine);

    private protected static MachineState StateOf(LabSupervisor labs, string machine) => StatusOf(labs, machine).State;

    private protected static string[] Warnings(LabSupervisor labs) => [.. labs.Events.Since(0).Where(happened => happened.Kind == LabEventKind.Warning).Select(happened => happened.Word)];

    /// <summary>A daemon's engine that has launched it.</summary>
    private protected async Task<LabSupervisor> UpAsync(string text = Text)
    {
        lab.Tools.Guest = _ => "";
        LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source(text), Launch, null);
        return labs;
    }
}
