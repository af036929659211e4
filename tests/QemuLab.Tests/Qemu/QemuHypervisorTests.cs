using System.Globalization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qemu;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Qemu;

/// <summary>A process that is taken for a machine's QEMU, with a script that answers for it.</summary>
public sealed class QemuHypervisorTests : IDisposable
{
    private const int Limit = 30_000;

    private readonly FakeLab lab = new();
    private ProcessIdentity? qemu;

    public void Dispose()
    {
        qemu?.Kill();
        lab.Dispose();
    }

    [Fact(Timeout = Limit)]
    public async Task One_that_ends_before_it_answers_is_not_there()
    {
        MachinePlan plan = await LeaveAsync();
        await using var server = new ScriptedQmpServer(async _ =>
        {
            qemu!.Kill();
            Assert.True(await qemu.WaitForExitAsync(TimeSpan.FromSeconds(10)));
        });
        File.CreateSymbolicLink(plan.Directory.Qmp, server.SocketPath);

        Assert.Null(await AdoptAsync(plan));
    }

    [Fact(Timeout = Limit)]
    public async Task One_that_answers_as_another_machine_is_there_and_can_be_ended()
    {
        MachinePlan plan = await LeaveAsync();
        await using ScriptedQmpServer server = ScriptedQmpServer.Greeted(async peer => await peer.AnswerAsync(await peer.ReadAsync(), """{"UUID": "00000000-0000-0000-0000-000000000001"}"""));
        File.CreateSymbolicLink(plan.Directory.Qmp, server.SocketPath);

        await using IRunningMachine? found = await AdoptAsync(plan);

        Assert.Equal(qemu!.ProcessId, found?.ProcessId);
        Assert.Contains("another machine", (await Assert.ThrowsAnyAsync<Exception>(() => found!.QueryStatusAsync())).Message, StringComparison.Ordinal);
        found!.Kill();
        Assert.True(await qemu.WaitForExitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = Limit)]
    public async Task One_that_is_still_coming_up_is_waited_for()
    {
        MachinePlan plan = await LeaveAsync();
        string late = plan.Directory.PidFile + ".late";
        File.Move(plan.Directory.PidFile, late);
        await using ScriptedQmpServer server = ScriptedQmpServer.Greeted(async peer => await peer.AnswerAsync(await peer.ReadAsync(), $$"""{"UUID": "{{plan.Uuid}}"}"""));
        File.CreateSymbolicLink(plan.Directory.Qmp, server.SocketPath);

        Task<IRunningMachine?> adopting = AdoptAsync(plan);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
        File.Move(late, plan.Directory.PidFile);

        await using IRunningMachine? found = await adopting;
        Assert.Equal(qemu!.ProcessId, found?.ProcessId);
    }

    [Fact(Timeout = Limit)]
    public async Task A_panic_with_many_calls_on_the_stack_is_read_from_its_first_line_on()
    {
        MachinePlan plan = await LeaveAsync();
        await using ScriptedQmpServer server = ScriptedQmpServer.Greeted(async peer => await peer.AnswerAsync(await peer.ReadAsync(), $$"""{"UUID": "{{plan.Uuid}}"}"""));
        File.CreateSymbolicLink(plan.Directory.Qmp, server.SocketPath);
        string[] panic = ["[    7.248501] Kernel panic - not syncing: sysrq triggered crash", .. Enumerable.Range(0, 300).Select(call => $"[    7.249{call:000}]  ? exit_to_user_mode_prepare+0x{call:x}/0x240")];
        await File.WriteAllLinesAsync(plan.Directory.SerialLog, ["[    0.000000] Linux version 6.1.0", .. panic], TestContext.Current.CancellationToken);

        await using IRunningMachine? found = await AdoptAsync(plan);

        Assert.Contains(panic[0], found!.ConsoleTail);
    }

    [Fact(Timeout = Limit)]
    public async Task One_that_goes_while_it_comes_up_is_not_there()
    {
        MachinePlan plan = await LeaveAsync();
        File.Delete(plan.Directory.PidFile);

        Task<IRunningMachine?> adopting = AdoptAsync(plan);
        qemu!.Kill();

        Assert.Null(await adopting);
    }

    private Task<IRunningMachine?> AdoptAsync(MachinePlan plan) => new QemuHypervisor(() => lab.Host, new CommandRunner()).AdoptAsync(plan);

    /// <summary>A process with the machine's UUID on its command line, in the machine's pid file; no child of ours, as QEMU is none.</summary>
    private async Task<MachinePlan> LeaveAsync()
    {
        await using LabSupervisor labs = await lab.StartAsync();
        await labs.LaunchAsync(FakeLab.Source("name: l\nimage: micro\ngroups: { a: {} }"), new LaunchOptions(), null);
        MachinePlan plan = labs.Labs[0].Plan.Machines[0];
        Directory.CreateDirectory(plan.Directory.RunPath);
        CommandResult started = await new CommandRunner().RunAsync(new Command(
            "sh", "-c", """mkfifo "$1"; sh -c 'read line < "$1"' "$0" "$1" -pidfile "$2" < /dev/null > /dev/null 2>&1 & echo $!""", plan.Uuid.ToString(), plan.Directory.Qmp + ".fifo", plan.Directory.PidFile));
        qemu = ProcessIdentity.Of(int.Parse(started.Output, CultureInfo.InvariantCulture));
        await File.WriteAllTextAsync(plan.Directory.PidFile, started.Output);
        return plan;
    }
}
