using System.Globalization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Ssh;
using QemuLab.Engine.Stages;

namespace QemuLab.Daemon;

/// <summary>Puts the engine together from its real parts.</summary>
internal static class EngineWiring
{
    /// <summary>Names the variable for how many vCPUs may boot at the same time, for guests that boot without work.</summary>
    private const string ParallelBoots = "QEMULAB_PARALLEL_BOOTS";

    public static EngineParts Create(StatePaths paths)
    {
        TimeProvider clock = TimeProvider.System;
        var runner = new CommandRunner();
        Command self = OwnProgram.Find();
        var rights = new NetworkRights(runner, self);
        var host = new HostWatch(
            cancellation => HostProbe.ProbeAsync(paths, runner, rights, cancellation),
            (facts, cancellation) => HostProbe.RefreshAsync(facts, paths, rights, cancellation));
        var notices = new NetworkNotices();
        var readiness = new SshReadiness(runner, clock);
        return new EngineParts
        {
            Paths = paths,
            Clock = clock,
            Runner = runner,
            Host = host,
            Hypervisor = new QemuHypervisor(() => host.Facts, runner),
            Network = new NetworkBackends(
                new UserModeNetwork(() => host.Facts.QemuOrThrow().SystemPath, self, runner),
                new NamedBridgeNetwork(new LinuxBridgeNetwork(rights, notices: notices), () => host.Facts.Dnsmasq, rights, notices)),
            Notices = notices,
            Catalog = Catalog(),
            ParallelBoots = int.TryParse(Environment.GetEnvironmentVariable(ParallelBoots), NumberStyles.None, CultureInfo.InvariantCulture, out int vcpus) && vcpus > 0 ? vcpus : null,
            Images = new ImageStore(paths, () => host.Facts, runner, clock: clock),
            CheckHealth = new GuestHealth(paths, runner).AskAsync,
            AwaitReady = (plan, guest, progress, cancellation) => readiness.WaitAsync(
                ReadinessTarget.For(plan, paths, guest.Boot), Arrival(plan, guest), progress, cancellation),
        };
    }

    /// <summary>The images that a lab file may name; also for reading one without a daemon.</summary>
    public static ImageCatalog Catalog() => ImageCatalog.Load(Environment.GetEnvironmentVariable);

    private static ReadinessOptions Arrival(MachinePlan plan, GuestArrival guest) => Patience(plan) with
    {
        IsAwake = guest.Memory is not null,
        WasReady = guest.Memory?.WasReady == true,
        Stages = guest.Stages,
        ByStagesAlone = plan.Spec.Ready == ReadyBy.Stages,
    };

    /// <summary>How long a guest may stand still. A translated one is many times slower, and a Debian says nothing for a minute.</summary>
    private static ReadinessOptions Patience(MachinePlan plan) =>
        plan.Accelerator.Accelerator == Accelerator.Tcg ? new() { NoProgressLimit = TimeSpan.FromMinutes(5) } : new();
}
