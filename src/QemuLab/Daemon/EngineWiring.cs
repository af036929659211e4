using System.Runtime.InteropServices;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;

namespace QemuLab.Daemon;

/// <summary>Puts the engine together from its real parts.</summary>
internal static class EngineWiring
{
    public static EngineParts Create(StatePaths paths)
    {
        var runner = new CommandRunner();
        // To be wired: the host's probe.
        var host = new HostWatch(_ => Task.FromResult(Unprobed()), facts => facts);
        (string program, string[] prefix) = OwnProgram.Find();
        return new EngineParts
        {
            Paths = paths,
            Clock = TimeProvider.System,
            Runner = runner,
            Host = host,
            Hypervisor = new QemuHypervisor(() => host.Facts, runner),
            Network = new UserModeNetwork(() => QemuOf(host.Facts).SystemPath, new Command(program, prefix), runner),
            // To be wired: the catalogue, the store and the readiness of guests.
            Catalog = Catalog(),
            Images = new ImageStore(),
            AwaitReady = (_, _, _) => Task.CompletedTask,
        };
    }

    /// <summary>The images that a lab file may name; also for reading one without a daemon.</summary>
    public static ImageCatalog Catalog() => new([]);

    private static QemuFacts QemuOf(HostFacts facts) => facts.Qemu
        ?? throw new QemuLabException(ErrorKind.Failed, "qemu-missing", "QEMU is not installed", "run: qemulab doctor");

    private static HostFacts Unprobed() => new()
    {
        Platform = HostPlatform.Linux,
        Architecture = RuntimeInformation.OSArchitecture,
        KernelRelease = Environment.OSVersion.Version.ToString(),
        Cores = Environment.ProcessorCount,
        MemoryTotal = ByteSize.FromGiB(0),
        MemoryAvailable = ByteSize.FromGiB(0),
        DiskFree = ByteSize.FromGiB(0),
    };
}
