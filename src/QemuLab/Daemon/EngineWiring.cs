using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Ssh;

namespace QemuLab.Daemon;

/// <summary>Puts the engine together from its real parts.</summary>
internal static class EngineWiring
{
    public static EngineParts Create(StatePaths paths)
    {
        TimeProvider clock = TimeProvider.System;
        var runner = new CommandRunner();
        var host = new HostWatch(cancellation => HostProbe.ProbeAsync(paths, runner, cancellation), facts => HostProbe.Refresh(facts, paths));
        var readiness = new SshReadiness(runner, clock);
        (string program, string[] prefix) = OwnProgram.Find();
        return new EngineParts
        {
            Paths = paths,
            Clock = clock,
            Runner = runner,
            Host = host,
            Hypervisor = new QemuHypervisor(() => host.Facts, runner),
            Network = new UserModeNetwork(() => QemuOf(host.Facts).SystemPath, new Command(program, prefix), runner),
            Catalog = Catalog(),
            Images = new ImageStore(paths, () => host.Facts, runner, clock: clock),
            AwaitReady = (plan, progress, cancellation) => readiness.WaitAsync(ReadinessTarget.For(plan, paths), new ReadinessOptions(), progress, cancellation),
        };
    }

    /// <summary>The images that a lab file may name; also for reading one without a daemon.</summary>
    public static ImageCatalog Catalog() => ImageCatalog.Load(Environment.GetEnvironmentVariable);

    private static QemuFacts QemuOf(HostFacts facts) => facts.Qemu
        ?? throw new QemuLabException(ErrorKind.Failed, "qemu-missing", "QEMU is not installed", "run: qemulab doctor");
}
