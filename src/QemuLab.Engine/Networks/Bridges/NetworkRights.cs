using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>
/// Who changes this host's network: this process, where it has the right (root, or a service with ambient capabilities), else
/// a helper that sudo starts, where an administrator has allowed that. QEMU needs neither: its taps belong to its user.
/// </summary>
public sealed class NetworkRights : ICommandRunner, IDisposable
{
    /// <summary>sudo writes each refusal into the host's log: it is not asked again for so long.</summary>
    private static readonly TimeSpan RefusalHolds = TimeSpan.FromSeconds(10);

    private readonly ICommandRunner own;
    private readonly SudoCommandRunner? helper;
    private QemuLabException? refused;
    private long refusedAt;
    private bool isProven;

    /// <param name="own">Runs programs with this process's own rights.</param>
    /// <param name="self">How to run this very program, which is the helper too; null: there is none.</param>
    public NetworkRights(ICommandRunner own, Command? self = null)
    {
        this.own = own;
        bool mayHelp = OperatingSystem.IsLinux() && self is not null && !ProcessCapabilities.Own.HasNetAdmin && NetworkPrivilege.Find("setpriv") is not null;
        helper = mayHelp ? new SudoCommandRunner(SudoersRule.SudoFor(TapOwner.Current.Id, TapOwner.CurrentGroup, self!)) : null;
    }

    /// <summary>Why there can be no bridge on this host; null where there can be.</summary>
    public async Task<QemuLabException?> RefusalAsync(CancellationToken cancellation = default)
    {
        QemuLabException? refusal = NetworkPrivilege.Refusal(ProcessCapabilities.Own);
        if (refusal?.Code == NetworkPrivilege.NoRight && helper is not null && (isProven || SudoersRule.MayBeThere(TapOwner.Current.Name)))
        {
            refusal = await HelperRefusalAsync(helper, cancellation);
        }

        return refusal ?? (NetworkPrivilege.CanOpenTaps() ? null : NetworkPrivilege.NoTaps());
    }

    /// <inheritdoc/>
    public Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default) => (helper ?? own).RunAsync(command, cancellation);

    /// <summary>Writes every frame of an interface to the stream, as pcapng, until cancelled or the interface has gone.</summary>
    /// <exception cref="QemuLabException">There is no such interface, or it may not be captured.</exception>
    public Task CaptureAsync(string interfaceName, Stream pcapng, CancellationToken cancellation) =>
        helper is null ? BridgeCapture.RunAsync(interfaceName, pcapng, cancellation) : helper.CaptureAsync(interfaceName, pcapng, cancellation);

    public void Dispose() => helper?.Dispose();

    private async Task<QemuLabException?> HelperRefusalAsync(SudoCommandRunner asked, CancellationToken cancellation)
    {
        if (isProven || (refused is not null && TimeProvider.System.GetElapsedTime(refusedAt) < RefusalHolds))
        {
            return refused;
        }

        try
        {
            await asked.ProveAsync(cancellation);
            (isProven, refused) = (true, null);
        }
        catch (QemuLabException refusal)
        {
            refused = new QemuLabException(refusal.Kind, NetworkPrivilege.NoRight, refusal.Message, refusal.Hint ?? NetworkPrivilege.Choices, refusal);
            refusedAt = TimeProvider.System.GetTimestamp();
        }

        return refused;
    }
}
