using System.IO.Enumeration;
using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Qemu;

/// <summary>A UEFI firmware, or where it was looked for.</summary>
/// <param name="Found">Null where there is none.</param>
/// <param name="Tried">Each descriptor with why it will not do, and each pair of files, in the order of looking.</param>
internal sealed record FirmwareChoice(UefiFirmware? Found, IReadOnlyList<string> Tried);

/// <summary>Chooses the UEFI firmware: the first descriptor that fits, else the first known pair that is there.</summary>
/// <param name="architecture">The guests'.</param>
/// <param name="qemuVersion">For the versioned machine names that descriptors match by pattern.</param>
/// <param name="exists">Whether a file is there.</param>
internal sealed class Firmware(Architecture architecture, Version qemuVersion, Func<string, bool> exists)
{
    /// <summary>What a lab machine does not want: locked boot, a firmware that needs SMM, confidential guests, a log that slows the boot.</summary>
    private static readonly string[] Unwanted =
        ["secure-boot", "enrolled-keys", "requires-smm", "verbose-static", "amd-sev-snp", "intel-tdx"];

    private string ArchitectureName => architecture == Architecture.Arm64 ? "aarch64" : "x86_64";

    /// <summary>The machine type that is used, by its alias and by its full name.</summary>
    private string[] MachineNames => architecture == Architecture.Arm64
        ? ["virt", $"virt-{qemuVersion.Major}.{qemuVersion.Minor}"]
        : ["q35", $"pc-q35-{qemuVersion.Major}.{qemuVersion.Minor}"];

    /// <param name="descriptors">In the order of their file names; those for other architectures are passed over in silence.</param>
    /// <param name="table">The known pairs.</param>
    public FirmwareChoice Choose(IEnumerable<FirmwareDescriptor> descriptors, IEnumerable<FirmwarePair> table)
    {
        List<string> tried = [];
        foreach (FirmwareDescriptor descriptor in descriptors.Where(IsForArchitecture))
        {
            if (ObjectionTo(descriptor) is not { } objection)
            {
                return new FirmwareChoice(new UefiFirmware(descriptor.Code!, descriptor.Vars!, descriptor.Path), tried);
            }

            tried.Add($"{descriptor.Path}: {objection}");
        }

        foreach (FirmwarePair pair in table)
        {
            if (exists(pair.Code) && exists(pair.Vars))
            {
                return new FirmwareChoice(new UefiFirmware(pair.Code, pair.Vars, $"table: {pair.Distribution}"), tried);
            }

            tried.Add(pair.ToString());
        }

        return new FirmwareChoice(null, tried);
    }

    private bool IsForArchitecture(FirmwareDescriptor descriptor) =>
        descriptor.Targets.Any(target => target.Architecture == ArchitectureName);

    /// <summary>Why the descriptor will not do; null where it will.</summary>
    private string? ObjectionTo(FirmwareDescriptor descriptor) => descriptor switch
    {
        _ when !descriptor.Interfaces.Contains("uefi") => "not UEFI",
        { Device: not "flash" } => $"for {descriptor.Device}, not for flash",
        { Mode: not "split" } => $"{descriptor.Mode}, without variables of its own",
        _ when descriptor.Features.Intersect(Unwanted).FirstOrDefault() is { } feature => $"has {feature}",
        _ when !FitsMachine(descriptor) => $"not for {MachineNames[0]}",
        { CodeFormat: not "raw" } or { VarsFormat: not "raw" } => "not raw images",
        { Code: { } code } when !exists(code) => $"{code} is missing",
        { Vars: { } vars } when !exists(vars) => $"{vars} is missing",
        { Code: null } or { Vars: null } => "names no files",
        _ => null,
    };

    private bool FitsMachine(FirmwareDescriptor descriptor) => descriptor.Targets
        .Where(target => target.Architecture == ArchitectureName)
        .SelectMany(target => target.Machines)
        .Any(pattern => MachineNames.Any(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)));
}
