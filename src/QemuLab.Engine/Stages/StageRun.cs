using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Stages;

/// <summary>
/// Drives one machine through its stages, from a start of QEMU to the last stage, a failure, or QEMU's end: follows its serial
/// log, carries out what the <see cref="StageMachine"/> says, and keeps each step before it goes on.
/// </summary>
internal sealed class StageRun : IDisposable
{
    /// <summary>What is looked at in one go; see <see cref="ConsoleText.Append"/>.</summary>
    private const int Piece = 4 * 1024;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100), Hold = TimeSpan.FromMilliseconds(100);

    private readonly VirtualMachine machine;
    private readonly StageMachine stages;
    private readonly StageTools tools;
    private readonly ConsoleText text;
    private readonly DateTimeOffset began;
    private readonly long stamp;
    private readonly TaskCompletionSource<StageResult> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource given = new();
    private StageState state;

    public StageRun(VirtualMachine machine, StageMachine stages, StageState state, StageTools tools)
    {
        (this.machine, this.stages, this.state, this.tools) = (machine, stages, state, tools);
        (began, stamp) = (tools.Clock.GetUtcNow(), tools.Clock.GetTimestamp());
        text = new ConsoleText(state.Place);
        Keep();
        if (state.Result is { } result)
        {
            ended.SetResult(result);
        }
        else
        {
            CancellationToken over = given.Token;
            _ = Task.Run(() => RunAsync(over), CancellationToken.None);
        }
    }

    /// <summary>Never completes where the daemon goes before, or the machine is put to sleep.</summary>
    public Task<StageResult> Ended => ended.Task;

    public int ProcessId => state.ProcessId;

    /// <summary>The host may sleep, or its clock be set: that is no time that a guest has had.</summary>
    private DateTimeOffset Now => began + tools.Clock.GetElapsedTime(stamp);

    /// <summary>Another one takes its place.</summary>
    public void Dispose()
    {
        given.Cancel();
        given.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        Task<MachineStatus> gone = machine.WhenAsync(status => status.ProcessId != state.ProcessId, cancellation);
        try
        {
            await FollowAsync(gone, cancellation);
            ended.TrySetResult(state.Result!);
        }
        catch (Exception left) when (left is OperationCanceledException || gone.IsFaulted)
        {
            // The daemon goes, or the machine sleeps, and somebody else goes on; or the machine is removed.
        }
        catch (Exception unforeseen)
        {
            Take(StageMachine.Broken(state, unforeseen.Message, Now));
            ended.TrySetResult(state.Result!);
        }
    }

    private async Task FollowAsync(Task<MachineStatus> gone, CancellationToken cancellation)
    {
        await CpusRunAsync(gone, cancellation);
        var feed = new ConsoleFeed(machine.Plan.Directory.SerialLog, state.Place);
        byte[] piece = new byte[Piece];
        DateTimeOffset quietSince = Now, looked = quietSince;
        await CarryOutAsync(gone, cancellation);
        while (state.Result is null)
        {
            // Asked before the log is read: what is read then is all that there will be.
            bool isGone = gone.IsCompletedSuccessfully;
            cancellation.ThrowIfCancellationRequested();
            await (gone.IsFaulted ? gone : Task.CompletedTask);
            int count = feed.Read(piece);
            DateTimeOffset now = Now;
            if (count > 0)
            {
                text.Append(piece.AsSpan(0, count), feed.Place - count);
                quietSince = now;
            }

            if (machine.Status.State == MachineState.Paused)
            {
                state = StageMachine.Held(state, now - looked);
                quietSince += now - looked;
            }

            looked = now;
            bool isLast = count == 0 && isGone;
            while (stages.Look(state, text.Window, count > 0 || isGone ? null : quietSince, Now) is { } step)
            {
                text.Consume(step.Consumed);
                Take(step);
                await CarryOutAsync(gone, cancellation);
            }

            if (isLast && machine.IsBeingSuspended)
            {
                // It goes on later, and so do its stages.
                throw new OperationCanceledException();
            }

            if (isLast && state.Result is null)
            {
                Take(GoneBy(await gone));
            }
            else if (count == 0 && state.Result is null)
            {
                await Task.Delay(Look, tools.Clock, cancellation);
            }
        }
    }

    /// <summary>Nothing is done for a guest that does not run yet.</summary>
    private async Task CpusRunAsync(Task gone, CancellationToken cancellation)
    {
        while (!gone.IsCompleted)
        {
            try
            {
                if (machine.Running is { } running && (await running.QueryStatusAsync(cancellation)).Status != "prelaunch")
                {
                    return;
                }
            }
            catch (QemuLabException)
            {
                // It hangs, or goes: both are told elsewhere.
            }

            await Task.Delay(Look, tools.Clock, cancellation);
        }
    }

    private StageStep GoneBy(MachineStatus status) =>
        stages.Gone(state, status.Reason?.Split('\n')[0] ?? $"{status.Name} {(status.State == MachineState.Stopped ? "was stopped" : "has ended")}", status.Hint ?? $"start it: qemulab start {status.Name}", Now);

    /// <summary>All that is to be done now. What a former daemon had begun is taken for done: nothing is ever done twice.</summary>
    private async Task CarryOutAsync(Task<MachineStatus> gone, CancellationToken cancellation)
    {
        while (state is { Doing: not null, Result: null })
        {
            if (stages.ActionOf(state) is { } action && await FailureOfAsync(action, cancellation) is { } failure)
            {
                if (machine.IsBeingSuspended)
                {
                    throw new OperationCanceledException();
                }

                Take(gone.IsCompletedSuccessfully ? GoneBy(await gone) : stages.Failed(state, action, failure.Message, failure.Hint, Now));
                return;
            }

            Take(stages.Done(state, Now));
        }
    }

    /// <returns>Why it could not be carried out; null where it was.</returns>
    private async Task<QemuLabException?> FailureOfAsync(StageAction action, CancellationToken cancellation)
    {
        TimeSpan time = stages.LimitOf(state);
        using var limit = new CancellationTokenSource(time, tools.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        string obstacle = "";
        try
        {
            await DoAsync(action, who => obstacle = who, either.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new QemuLabException(ErrorKind.TimedOut, "stage-action-timeout", $"not within {StageText.Time(time)}{obstacle}", $"who is connected to its console? qemulab console {machine.Plan.Name} --force takes it");
        }
        catch (QemuLabException refused) when (!cancellation.IsCancellationRequested)
        {
            return refused;
        }
    }

    private async Task DoAsync(StageAction action, Action<string> waitsFor, CancellationToken cancellation)
    {
        MachinePlan plan = machine.Plan;
        switch (action)
        {
            case StageAction.Send send:
                await new ConsoleKeyboard(plan.Directory.Console, tools.Clock).TypeAsync(send.Typed, Begin, who => WaitFor(who, waitsFor), cancellation);
                break;
            case StageAction.Press press:
                Begin();
                foreach (IReadOnlyList<string> keys in press.Strokes)
                {
                    await Running().PressAsync(keys, Hold, cancellation);

                    // QEMU answers before it has pressed anything.
                    await Task.Delay(2 * Hold, tools.Clock, cancellation);
                }

                break;
            case StageAction.Power power:
                Begin();
                await SwitchAsync(power.What, cancellation);
                break;
            case StageAction.Snapshot snapshot:
                Begin();

                // It is to be in the snapshot which stage comes next.
                await machine.PostAsync(new MachineMessage.StagesMoved(state.Progress));
                await tools.Snapshot(plan.Lab, snapshot.Name, cancellation);
                break;
            case StageAction.Mark mark:
                Begin();
                tools.Events.Add(LabEventKind.Stage, plan.Lab, plan.Name, StageNews.Marked, mark.Text);
                break;
        }
    }

    private async Task SwitchAsync(StagePower what, CancellationToken cancellation)
    {
        try
        {
            await (what switch
            {
                StagePower.Reset => Running().ResetAsync(cancellation),
                StagePower.Button => Running().PowerDownAsync(cancellation),
                _ => Running().QuitAsync(cancellation),
            });
        }
        catch (QemuLabException closed) when (what == StagePower.Off && closed.Code == QmpFailure.ClosedCode)
        {
            // It went faster than it answered.
        }
    }

    private void WaitFor(int? holder, Action<string> waitsFor)
    {
        string who = holder is { } pid ? $"pid {pid}" : "somebody";
        waitsFor($": {who} has the keyboard of its console");
        tools.Events.Add(LabEventKind.Stage, machine.Plan.Lab, machine.Plan.Name, StageNews.Waits, $"{who} has the keyboard of its console: what is to be sent waits");
    }

    private IRunningMachine Running() => machine.Running
        ?? throw new QemuLabException(ErrorKind.Conflict, "machine-not-running", $"{machine.Plan.Name} does not run", $"start it: qemulab start {machine.Plan.Name}");

    private void Begin()
    {
        state = StageMachine.Begun(state);
        Keep();
    }

    private void Take(StageStep step)
    {
        state = step.Next with { Place = text.Start };
        Keep();
        foreach (StageNews news in step.News)
        {
            tools.Events.Add(LabEventKind.Stage, machine.Plan.Lab, machine.Plan.Name, news.Word, news.Message);
        }
    }

    private void Keep()
    {
        StageFile.Write(machine.Plan.Directory, state);
        machine.Post(new MachineMessage.StagesMoved(state.Progress));
    }
}

/// <summary>What stages work with.</summary>
/// <param name="Snapshot">Takes a snapshot of a lab under a name, in the place of one of that name.</param>
internal sealed record StageTools(TimeProvider Clock, EventLog Events, Func<string, string, CancellationToken, Task> Snapshot);
