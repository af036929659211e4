using QemuLab.Engine.Boots;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// Waits until a guest can be used: its SSH server's banner, then a login, then cloud-init done without error. Each is
/// proved by evidence, and the session of the login stays as the shared connection for all that follow.
/// </summary>
public sealed class SshReadiness(ICommandRunner runner, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Authenticated and without a session, ssh goes into the background as the shared connection; unless somebody else has
    /// opened that meanwhile: then it stays, and is of no more use.
    /// </summary>
    private static readonly TimeSpan OtherMaster = TimeSpan.FromSeconds(1);

    /// <summary>What ssh says on our side once it is authenticated.</summary>
    private const string IsIn = "@qemulab login";

    /// <exception cref="ReadinessException">cloud-init failed, or nothing moved any more, or the time is over.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, as when the machine has gone.</exception>
    public async Task WaitAsync(ReadinessTarget target, ReadinessOptions options, IProgress<ReadinessUpdate>? progress = null, CancellationToken cancellation = default)
    {
        var wait = new ReadinessWait(target, options, progress, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task work = ReachAllAsync(target, options, wait, stop.Token);
        Task<string> giveUp = wait.GiveUpAsync(stop.Token);
        Task first = await Task.WhenAny(work, giveUp);
        await stop.CancelAsync();
        await Task.WhenAll(work, giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        if (first == work)
        {
            await work;
            return;
        }

        throw wait.TimedOut(await giveUp);
    }

    private async Task ReachAllAsync(ReadinessTarget target, ReadinessOptions options, ReadinessWait wait, CancellationToken cancellation)
    {
        if (options is { ByStagesAlone: true, Stages: { } stages })
        {
            if ((await stages.WaitAsync(cancellation)).IsPassed)
            {
                wait.Moved(BootPhase.Ready);
            }

            return;
        }

        if (!options.IsAwake)
        {
            await new BannerWait(target.Server, time).WaitAsync(cancellation);
            wait.Moved(BootPhase.Banner, stage: BootStage.Sshd);
        }

        wait.WaitingFor = Requirement.Login;
        if (options.IsAwake)
        {
            await LogInAsync(target, wait, cancellation);
        }

        if (options.WasReady)
        {
            wait.Moved(BootPhase.Ready);
            return;
        }

        GuestSession session = await FollowAsync(target, wait, cancellation);
        if (session.WithoutCloudInit is { } reason)
        {
            wait.Moved(BootPhase.Ready, $"cloud-init is {reason} in this guest: ready by its login");
            return;
        }

        CloudInitResult result = CloudInitResult.Parse(session.Section("result"), session.Section("status"), session.Section("output"));
        if (result.Errors.Count > 0)
        {
            throw wait.CloudInitFailed(result);
        }

        wait.Moved(BootPhase.Ready);
    }

    /// <summary>
    /// Opens the shared connection to a server that listens already, as far as its authentication: a banner that is asked for
    /// before, and a shell that is started after, cost a slow guest as much again.
    /// </summary>
    private async Task LogInAsync(ReadinessTarget target, ReadinessWait wait, CancellationToken cancellation)
    {
        while (await ConnectAsync(target, cancellation) is { } failed)
        {
            wait.LastTry = LoginFailure.From(failed.ExitCode, failed.Error);
            await Task.Delay(FirstPause, time, cancellation);
        }

        wait.Moved(BootPhase.Login, stage: BootStage.Login);
        wait.LastTry = null;
    }

    /// <summary>Null once the guest has let us in; else how ssh has ended.</summary>
    private async Task<CommandResult?> ConnectAsync(ReadinessTarget target, CancellationToken cancellation)
    {
        bool isIn = false;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Command connection = Ssh(target, "-o", "ControlMaster=yes", "-o", "PermitLocalCommand=yes", "-o", $"LocalCommand=echo {IsIn}", "-N", target.Machine) with
        {
            OnOutputLine = line =>
            {
                isIn |= line == IsIn;
                enough.CancelAfter(isIn ? OtherMaster : Timeout.InfiniteTimeSpan);
            },
        };
        try
        {
            CommandResult ended = await runner.RunAsync(connection, enough.Token);
            return isIn ? null : ended;
        }
        catch (OperationCanceledException) when (isIn && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Logs in, again and again, until one session has seen cloud-init's end: a guest may reboot on the way.</summary>
    private async Task<GuestSession> FollowAsync(ReadinessTarget target, ReadinessWait wait, CancellationToken cancellation)
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            var session = new GuestSession((word, rest) => OnSaid(wait, word, rest));
            CommandResult result = await runner.RunAsync(Login(target, session), cancellation);
            if (session.Ended)
            {
                return session;
            }

            wait.LastTry = LoginFailure.From(result.ExitCode, result.Error);
            pause = session.LoggedIn ? FirstPause : pause;
            await Task.Delay(pause, time, cancellation);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    private static Command Login(ReadinessTarget target, GuestSession session) =>
        Ssh(target, target.Machine, "--", "exec sh -s") with
        {
            Input = GuestSession.Script,
            OnOutputLine = session.Read,
        };

    /// <summary>LogLevel INFO: below it ssh keeps pam_nologin's reason to itself.</summary>
    private static Command Ssh(ReadinessTarget target, params string[] what) =>
        new("ssh", ["-F", target.SshConfigPath, "-o", "BatchMode=yes", "-o", "LogLevel=INFO", "-T", .. what]);

    private static void OnSaid(ReadinessWait wait, string word, string rest)
    {
        switch (word)
        {
            case "login":
                wait.Moved(BootPhase.Login, stage: BootStage.Login);
                wait.WaitingFor = Requirement.CloudInit;
                wait.LastTry = null;
                break;
            case "stage":
                // "modules-final 1234": the output's size is movement, but nothing to tell.
                string stage = rest.Split(' ')[0];
                wait.Moved(BootPhase.Login, stage.Length > 0 ? $"cloud-init: {stage}" : null, BootStages.OfCloudInit(stage));
                break;
        }
    }
}
