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

    /// <exception cref="ReadinessException">cloud-init failed, or nothing moved any more, or the time is over.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, as when the machine has gone.</exception>
    public async Task WaitAsync(ReadinessTarget target, ReadinessOptions options, IProgress<ReadinessUpdate>? progress = null, CancellationToken cancellation = default)
    {
        var wait = new ReadinessWait(target, options, progress, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task work = ReachAllAsync(target, options.IsAwake, wait, stop.Token);
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

    private async Task ReachAllAsync(ReadinessTarget target, bool isAwake, ReadinessWait wait, CancellationToken cancellation)
    {
        await new BannerWait(target.Server, time, isAwake).WaitAsync(cancellation);
        wait.Moved(BootPhase.Banner);
        wait.WaitingFor = Requirement.Login;

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
        // LogLevel INFO: below it ssh keeps pam_nologin's reason to itself.
        new("ssh", "-F", target.SshConfigPath, "-o", "BatchMode=yes", "-o", "LogLevel=INFO", "-T", target.Machine, "--", "exec sh -s")
        {
            Input = GuestSession.Script,
            OnOutputLine = session.Read,
        };

    private static void OnSaid(ReadinessWait wait, string word, string rest)
    {
        switch (word)
        {
            case "login":
                wait.Moved(BootPhase.Login);
                wait.WaitingFor = Requirement.CloudInit;
                wait.LastTry = null;
                break;
            case "stage":
                // "modules-final 1234": the output's size is movement, but nothing to tell.
                string stage = rest.Split(' ')[0];
                wait.Moved(BootPhase.Login, stage.Length > 0 ? $"cloud-init: {stage}" : null);
                break;
        }
    }
}
