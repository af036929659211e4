using System.Globalization;
using QemuLab.Engine.Consoles;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Qemu;

/// <summary>Starts QEMU processes that outlive us, and finds them again.</summary>
/// <param name="host">The host as it is now.</param>
/// <param name="runner">Starts programs.</param>
public sealed class QemuHypervisor(Func<HostFacts> host, ICommandRunner runner) : IHypervisor
{
    /// <summary>QEMU answers within 0.1 s; a host that is short of memory may take long to map a large guest.</summary>
    private static readonly TimeSpan VerdictLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long a QEMU that is found is waited for: one that hangs must not hold the others up.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(1);

    private readonly QemuBirths births = new();

    public async Task<IRunningMachine> LaunchAsync(MachinePlan plan, CancellationToken cancellation = default)
    {
        HostFacts facts = host();
        QemuFacts qemu = facts.QemuOrThrow();
        IReadOnlyList<string> argv = QemuCommandLine.For(plan, facts).ToArgv();
        Directory.CreateDirectory(plan.Directory.RunPath);
        foreach (NicPlan nic in plan.Nics)
        {
            // Its network may come up at the same time, and QEMU binds its sockets there.
            Directory.CreateDirectory(nic.Network.Paths.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        if (await QemuProcess.FindAsync(plan, runner, cancellation) is { IsAlive: true } other)
        {
            throw new QemuLabException(ErrorKind.Conflict, "machine-runs", $"{plan.Name} runs already: QEMU, pid {other.Id}", "look at it: qemulab list; what a former daemon has left is found by the next: qemulab daemon stop, and ask again");
        }

        cancellation.ThrowIfCancellationRequested();
        var log = new QemuLog(plan.Directory.QemuLog);
        log.SetAside();
        new SerialLog(plan.Directory.SerialLog).MarkStart(DateTimeOffset.UtcNow);
        try
        {
            // Not to be cancelled: killing the process that was started would leave the one that it has put into the background.
            CommandResult verdict = await runner.RunAsync(ProcessCapabilities.Dropped(new Command(qemu.SystemPath, argv) { TimeLimit = VerdictLimit, HasOutput = false }), CancellationToken.None);
            if (!verdict.Succeeded)
            {
                throw QemuStartException.For(plan, verdict with { Error = await log.CompleteAsync(verdict.Error) });
            }

            QemuProcess process = await QemuProcess.FindAsync(plan, runner, cancellation)
                ?? throw new QemuLabException(ErrorKind.Failed, "qemu-gone", $"{plan.Name}: QEMU ended right after its start", $"read: qemulab logs {plan.Name} --qemu");
            return new QemuMachine(process, await QmpClient.ConnectAsync(plan.Directory.Qmp, ConnectLimit, cancellation), plan.Directory);
        }
        catch
        {
            if (await QemuProcess.FindAsync(plan, runner, CancellationToken.None) is { } left)
            {
                left.Kill();
                await left.Identity.WaitForExitAsync(ConnectLimit, CancellationToken.None);
            }

            throw;
        }
    }

    public async Task<IRunningMachine?> AdoptAsync(MachinePlan plan, CancellationToken cancellation = default)
    {
        QemuProcess? process = await QemuProcess.FindAsync(plan, runner, cancellation);
        if (process is null && await births.AwaitAsync(plan, cancellation))
        {
            process = await QemuProcess.FindAsync(plan, runner, cancellation);
        }

        if (process is null)
        {
            return null;
        }

        var waiting = new CancellationTokenSource();
        Task<ProcessEnd?>? exited = process.WatchEnd();
        Task<IRunningMachine> answer = AnswerAsync(plan, process, exited, waiting.Token);
        try
        {
            return await answer.WaitAsync(AnswerLimit, cancellation);
        }
        catch (Exception silent) when (silent is TimeoutException or QemuLabException && process.IsAlive)
        {
            return new SilentQemu(process, plan.Directory, exited ?? process.PollEndAsync(Task.CompletedTask, TryAgain), answer, waiting);
        }
        catch (Exception ended) when (ended is TimeoutException or QemuLabException)
        {
            // It went between the look for it and its first word.
            return null;
        }
    }

    /// <summary>Waits for as long as it takes. The queue of one that hangs may be full of former daemons' connections: then there is not even a place in it.</summary>
    private static async Task<IRunningMachine> AnswerAsync(MachinePlan plan, QemuProcess process, Task<ProcessEnd?>? exited, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await ConnectAsync(plan, process, exited, Timeout.InfiniteTimeSpan, cancellation);
            }
            catch (QemuLabException unreachable) when (unreachable.Code is "qmp-unreachable" or "qmp-closed" or "qmp-timeout" && process.IsAlive)
            {
                await Task.Delay(TryAgain, cancellation);
            }
        }
    }

    private static async Task<QemuMachine> ConnectAsync(MachinePlan plan, QemuProcess process, Task<ProcessEnd?>? exited, TimeSpan timeLimit, CancellationToken cancellation)
    {
        QmpClient qmp = await QmpClient.ConnectAsync(plan.Directory.Qmp, timeLimit, cancellation);
        try
        {
            string? answered = (await qmp.ExecuteAsync("query-uuid", cancellation: cancellation)).GetProperty("UUID").GetString();
            return Guid.TryParse(answered, CultureInfo.InvariantCulture, out Guid uuid) && uuid == plan.Uuid
                ? new QemuMachine(process, qmp, plan.Directory, exited)
                : throw new QemuLabException(ErrorKind.Conflict, "not-ours", $"{plan.Name}: another machine ({answered}) answers at {plan.Directory.Qmp}", "stop that QEMU process first");
        }
        catch
        {
            await qmp.DisposeAsync();
            throw;
        }
    }
}
