using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Labs;

/// <summary>Decides everything that the lab file leaves open: a pure function of the lab, the host's facts and earlier allocations.</summary>
public static class LabPlanner
{
    /// <exception cref="QemuLabException">The host cannot carry the lab; the message says what is missing.</exception>
    public static LabPlan Plan(Lab lab, PlanContext context)
    {
        HostFacts host = context.Host;
        host.QemuOrThrow();
        AcceleratorFacts accelerator = host.Accelerator
            ?? throw new QemuLabException(ErrorKind.Failed, "no-accelerator", "QEMU runs no guest here under any accelerator", "run: qemulab doctor");
        (IReadOnlyList<NetworkPlan> networks, IReadOnlyDictionary<string, IReadOnlyList<NicPlan>> nics) = NetworkPlanner.For(lab, context);
        VirtualIp? virtualIp = VirtualIpChoice.For(lab.VirtualIp, nics.ToDictionary(pair => pair.Key, pair => pair.Value[0].Address));
        IReadOnlyDictionary<string, int> ports = SshPortChoice.For(lab, context);
        MachinePlan[] machines = [.. lab.Machines.Select(spec => PlanMachine(lab, WithPublished(spec, virtualIp), context, accelerator, nics[spec.Name.Value], ports[spec.Name.Value]) with { VirtualIp = virtualIp?.PartOf(spec.Name.Value) })];
        var plan = new LabPlan
        {
            Name = lab.Name.Value,
            Host = host,
            Networks = networks,
            VirtualIp = virtualIp,
            Machines = machines,
            MemoryOvercommit = lab.MemoryOvercommit,
            Hooks = lab.Hooks,
        };
        return plan with { Warnings = PlanWarnings.For(plan, new Starting([.. machines.Where(machine => !context.Running.Contains(machine.Name))], context.MemoryPromised)) };
    }

    private static MachineSpec WithPublished(MachineSpec spec, VirtualIp? virtualIp) =>
        virtualIp is { Published: { } port } && virtualIp.Gateways[0].Machine == spec.Name.Value ? spec with { Ports = [.. spec.Ports, port] } : spec;

    private static MachinePlan PlanMachine(Lab lab, MachineSpec spec, PlanContext context, AcceleratorFacts accelerator, IReadOnlyList<NicPlan> nics, int sshPort)
    {
        string name = spec.Name.Value;
        PlannedImage image = context.Images[spec.Image];
        ImageFiles files = image.Files ?? NotYetHere(image.Reference, context.Paths);
        MachineDirectory directory = context.Paths.Machine(lab.Name.Value, name);
        FirmwarePlan firmware = PlanFirmware(spec, image.Reference, files, context.Host, directory);
        return new MachinePlan
        {
            Lab = lab.Name.Value,
            Spec = spec with { UserData = Substituted(spec.UserData, nics[0]) },
            Uuid = UuidFor(lab.Name.Value, name),
            Nics = nics,
            SshPort = sshPort,
            LoginUser = image.Reference.User,
            Shell = image.Reference.Shell,
            InstallsPackages = !image.Reference.IgnoredUserData.Contains("packages"),
            Accelerator = accelerator,
            CpuModel = spec.CpuModel ?? accelerator.CpuModel,
            Firmware = firmware,
            Disks = PlanDisks(spec, image.Reference, files, directory),
            Directory = directory,
        };
    }

    /// <summary>The last round of user-data's substitutions: what only the plan decides.</summary>
    private static UserDataPart[] Substituted(IReadOnlyList<UserDataPart> parts, NicPlan nic)
    {
        var values = new Dictionary<string, string>
        {
            [UserDataSubstitution.MachineAddress] = nic.Address.ToString(),
            [UserDataSubstitution.LabDomain] = nic.Network.Domain,
        };
        return [.. parts.Select(part => part with { Text = UserDataSubstitution.Apply(part.Text, values) })];
    }

    /// <summary>A UUID of version 8 (RFC 9562, "custom"): 122 bits of SHA-256 over the names.</summary>
    public static Guid UuidFor(string lab, string machine)
    {
        Span<byte> bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"uuid/{lab}/{machine}")).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private static DiskPlan[] PlanDisks(MachineSpec spec, ImageReference image, ImageFiles files, MachineDirectory directory)
    {
        ByteSize asked = spec.Disk ?? image.Disk;
        if (spec.Disk is { } disk && disk < files.VirtualSize)
        {
            throw new QemuLabException(ErrorKind.Usage, "disk-too-small", $"{spec.Name}: a disk of {disk} is smaller than the image {image.Name} ({files.VirtualSize})", $"ask for {files.VirtualSize} or more");
        }

        return
        [
            new DiskPlan("root", directory.RootDisk, asked < files.VirtualSize ? files.VirtualSize : asked, files.Disk),
            .. spec.Disks.Select(extra => new DiskPlan(extra.Name, directory.ExtraDisk(extra.Name), extra.Size, null)),
        ];
    }

    private static FirmwarePlan PlanFirmware(MachineSpec spec, ImageReference image, ImageFiles files, HostFacts host, MachineDirectory directory)
    {
        FirmwarePlan Uefi() => host.Uefi is { } uefi
            ? new FirmwarePlan.Uefi(uefi.Code, uefi.VarsTemplate, directory.Vars)
            : throw FirmwareMissing.For(spec.Name.Value, host);

        FirmwarePlan ImageKernel() => files is { Kernel: { } kernel, CommandLine: { } commandLine }
            ? new FirmwarePlan.DirectKernel(kernel, files.Initrd, commandLine)
            : throw new QemuLabException(ErrorKind.Usage, "no-image-kernel", $"{spec.Name}: the image {image.Name} brings no kernel of its own to start directly", "use firmware: uefi");

        return spec.Firmware switch
        {
            FirmwareSpec.Uefi => Uefi(),
            FirmwareSpec.Bios => new FirmwarePlan.Bios(),
            FirmwareSpec.ImageKernel => ImageKernel(),
            FirmwareSpec.DirectKernel direct => new FirmwarePlan.DirectKernel(direct.Kernel, direct.Initrd, direct.Append ?? DefaultAppend(host)),
            _ => image.Firmware == ImageFirmware.Kernel ? ImageKernel() : Uefi(),
        };
    }

    private static string DefaultAppend(HostFacts host) =>
        host.Architecture == System.Runtime.InteropServices.Architecture.Arm64 ? "console=ttyAMA0 root=/dev/vda1" : "console=ttyS0 root=/dev/vda1";

    /// <summary>Where an image's files will be: what a plan shows before the image has been pulled.</summary>
    private static ImageFiles NotYetHere(ImageReference image, StatePaths paths)
    {
        string In(string file) => Path.Combine(paths.Images, image.Name, "not-pulled-yet", file);
        bool kernel = image.Firmware == ImageFirmware.Kernel;
        return new ImageFiles("", In("disk.qcow2"), kernel ? In("kernel") : null, kernel ? In("initrd") : null, kernel ? "" : null, new ByteSize(0));
    }
}
