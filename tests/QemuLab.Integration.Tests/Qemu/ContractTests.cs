using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Qmp;
using QemuLab.Integration.Tests.Hosts;
using QemuLab.Integration.Tests.Networks;

namespace QemuLab.Integration.Tests.Qemu;

/// <summary>
/// Every command line that the golden files hold for this architecture, given to the real QEMU: it takes it, waits with its
/// CPUs stopped, answers, and goes when told. What is under test are the arguments; nothing boots. Needs qemu-system, qemu-img and OVMF.
/// </summary>
public sealed class ContractTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly CommandRunner Runner = new();

    /// <summary>Those of macOS' vmnet are for QEMU on macOS, and what is refused everywhere has none.</summary>
    public static TheoryData<string, string> Cases => new(
        from folder in Directory.GetDirectories(CasesFolder()).Order(StringComparer.Ordinal)
        where Path.GetFileName(folder) is not ("vmnet" or "publish-isolated")
        from accelerator in (string[])["tcg", "kvm"]
        select (Path.GetFileName(folder), accelerator));

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Cases))]
    public async Task QEMU_takes_the_command_line_of_every_machine(string name, string accelerator)
    {
        using var scratch = new Scratch();
        HostFacts here = await RealHost.WithQemuAsync();
        LabPlan plan = await PlanAsync(name, here, accelerator == "kvm" ? new AcceleratorFacts(Accelerator.Kvm, "host", null) : new AcceleratorFacts(Accelerator.Tcg, "max", "as a test"), scratch);
        foreach (NetworkPlan network in plan.Networks)
        {
            Directory.CreateDirectory(network.Paths.Directory);
        }

        // As root, QEMU makes the taps that it does not find: not on this host.
        await using NetworkNamespace? own = plan.Networks.Any(network => network.Mode.UsesTaps()) ? await NetworkNamespace.CreateAsync() : null;

        foreach (MachinePlan machine in plan.Machines)
        {
            await MakeFilesAsync(machine, here);
            string[] argv = [.. QemuCommandLine.For(machine, plan.Host).ToArgv()];
            if (accelerator == "kvm")
            {
                Assert.Equal("kvm", argv[Array.IndexOf(argv, "-accel") + 1]);
                Assert.Equal("host", argv[Array.IndexOf(argv, "-cpu") + 1]);
                argv = WithoutKvm(argv);
            }

            await StartAskAndEndAsync(own is null ? Runner : own, new Command(here.Qemu!.SystemPath, argv) { TimeLimit = Limit }, machine);
        }
    }

    /// <summary>The only two values that differ from what would run: KVM is not everywhere that tests run.</summary>
    private static string[] WithoutKvm(string[] argv) =>
        [.. argv.Select((argument, i) => (i == 0 ? "" : argv[i - 1], argument) switch
        {
            ("-accel", "kvm") => "tcg",
            ("-cpu", "host") => "max",
            _ => argument,
        })];

    private static async Task StartAskAndEndAsync(ICommandRunner runner, Command qemu, MachinePlan machine)
    {
        CommandResult verdict = await runner.RunAsync(qemu);
        ProcessIdentity? process = ProcessIdentity.FromPidFile(machine.Directory.PidFile);
        try
        {
            Assert.True(verdict.Succeeded, $"{machine.Name}: {verdict.Error}");
            Assert.NotNull(process);
            Assert.All((string[])[machine.Directory.Qmp, machine.Directory.Monitor, machine.Directory.Console], socket => Assert.True(File.Exists(socket), socket));

            await using QmpClient qmp = await QmpClient.ConnectAsync(machine.Directory.Qmp, Limit);
            Assert.Equal("prelaunch", (await qmp.ExecuteAsync("query-status")).GetProperty("status").GetString());
            Assert.Equal(machine.Uuid, (await qmp.ExecuteAsync("query-uuid")).GetProperty("UUID").GetGuid());
            await qmp.ExecuteAsync("quit");

            using var limit = new CancellationTokenSource(Limit);
            while (process.IsAlive)
            {
                await Task.Delay(5, limit.Token);
            }
        }
        finally
        {
            process?.Kill();
        }

        Assert.False(process.IsAlive);
    }

    private static async Task<LabPlan> PlanAsync(string name, HostFacts here, AcceleratorFacts accelerator, Scratch scratch)
    {
        string text = await File.ReadAllTextAsync(Path.Combine(CasesFolder(), name, "lab.yaml"));
        IReadOnlyList<ImageReference> images = ImageCatalog.Load(userFolder: null).Images;
        Lab lab = LabReader.Read(new LabSource { DisplayPath = "lab.yaml", BaseDirectory = scratch.Path, Text = text }, images).LabOrThrow();
        string folder = scratch.File("image");
        Directory.CreateDirectory(folder);
        string disk = Path.Combine(folder, "disk.qcow2");
        await new QemuImg(() => here, Runner).CreateEmptyAsync(disk, ByteSize.FromMiB(64));
        string kernel = Path.Combine(folder, "kernel"), initrd = Path.Combine(folder, "initrd");
        await File.WriteAllBytesAsync(initrd, new byte[4096]);
        WriteKernel(kernel);
        WriteKernel(Path.Combine(scratch.Path, "boot, here", "vmlinuz"));
        await File.WriteAllBytesAsync(scratch.File("initrd.img"), new byte[4096]);
        var files = new ImageFiles("0123abcd", disk, kernel, initrd, "console=ttyS0 quiet", ByteSize.FromMiB(64));
        return LabPlanner.Plan(lab, new PlanContext
        {
            Host = here with { Accelerator = accelerator, BridgeRefusal = null },
            Paths = new StatePaths(scratch.File("home")),
            Images = images.ToDictionary(image => image.Name, image => new PlannedImage(image, image.Firmware == ImageFirmware.Kernel ? files : files with { Kernel = null, Initrd = null, CommandLine = null })),
        });
    }

    /// <summary>Tiny ones, by the same tools as in earnest.</summary>
    private static async Task MakeFilesAsync(MachinePlan machine, HostFacts here)
    {
        var images = new QemuImg(() => here, Runner);
        Directory.CreateDirectory(machine.Directory.Path);
        foreach (DiskPlan disk in machine.Disks)
        {
            await (disk.BackingPath is { } backing ? images.CreateOverlayAsync(backing, disk.Path, disk.Size) : images.CreateEmptyAsync(disk.Path, disk.Size));
        }

        if (machine.Firmware is FirmwarePlan.Uefi uefi)
        {
            await images.ConvertAsync(uefi.VarsTemplate, uefi.Vars);
        }

        await File.WriteAllBytesAsync(machine.Directory.Seed, new byte[2048]);
    }

    /// <summary>As much of a bzImage as QEMU's loader reads: the setup header of boot protocol 2.12, and nothing to run.</summary>
    private static void WriteKernel(string path)
    {
        byte[] kernel = new byte[8192];
        kernel[0x1f1] = 1;
        kernel[0x1fe] = 0x55;
        kernel[0x1ff] = 0xaa;
        "HdrS"u8.CopyTo(kernel.AsSpan(0x202));
        kernel[0x206] = 0x0c;
        kernel[0x207] = 0x02;
        kernel[0x211] = 1;
        kernel[0x22f] = 0x7f;
        kernel[0x22c] = kernel[0x22d] = kernel[0x22e] = 0xff;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, kernel);
    }

    private static string CasesFolder([System.Runtime.CompilerServices.CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "QemuLab.Tests", "cases", "plans"));
}
