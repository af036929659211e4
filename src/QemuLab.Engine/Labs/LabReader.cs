using QemuLab.Engine.Hooks;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Reads a lab file, pure: text in, a <see cref="Lab"/> or every fault of it out.</summary>
public static class LabReader
{
    /// <summary>The largest lab file, and the largest user-data file, in characters.</summary>
    public const int MaximumCharacters = 1 << 20;

    /// <param name="source">The lab file and all that belongs to it.</param>
    /// <param name="images">The catalogue.</param>
    public static LabReading Read(LabSource source, IReadOnlyList<ImageReference> images)
    {
        Faults faults = new(source.DisplayPath);
        Lab? lab = LabDocument.Open(source, faults) is { } document ? Assemble(document, images, faults) : null;
        return new LabReading(faults.HasErrors ? null : lab, faults.InOrder());
    }

    /// <summary>The files that the lab names for their text (user-data, certificates), settings applied, in the file's order: what <see cref="LabSource.Files"/> is to hold.</summary>
    public static IReadOnlyList<string> ReferencedFiles(LabSource source)
    {
        if (LabDocument.Open(source, new Faults(source.DisplayPath)) is not { } document)
        {
            return [];
        }

        return [.. document.MachineSections()
            .Select(section => section.Get(MachineKeys.UserData)?.Value)
            .OfType<YamlScalar>()
            .Select(userData => userData.Text)
            .Where(text => !UserDataKind.IsInline(text))
            .Concat(Certificates(document))
            .Distinct()];
    }

    private static IEnumerable<string> Certificates(LabDocument document) =>
        document.Lab.Get(LabKeys.VirtualIp)?.Value.Get(VirtualIpKeys.Check)?.Value.Get(CheckKeys.Ca) is { } ca && !VirtualIpRules.IsInline(ca.Value) ? [ca.Value] : [];

    private static Lab? Assemble(LabDocument document, IReadOnlyList<ImageReference> images, Faults faults)
    {
        IReadOnlyList<MachineDraft> drafts = GroupExpansion.Expand(document, faults);
        IReadOnlyList<NetworkSpec> networks = new NetworkAssembly(document, drafts, faults).Assemble();
        PortRules.Check(drafts, faults);
        VirtualIpSpec? virtualIp = new VirtualIpRules(document, drafts, faults).Read();
        IReadOnlyList<BalancedPort> published = BalancedPorts.Read(document, drafts, virtualIp, faults);

        IReadOnlyList<HookSpec> hooks = new HookRules(document, drafts, faults).Read();

        ImageRules imageRules = new(images, faults);
        imageRules.CheckNames(document.MachineSections().Prepend(document.Lab));
        MachineAssembly assembly = new(document, imageRules, faults);
        List<MachineSpec> machines = [.. drafts.Select(assembly.Assemble).OfType<MachineSpec>()];
        IReadOnlyList<MachineSpec> ordered = new DependencyRules(document, drafts, faults).Applied(machines);
        return document.Lab.Get(LabKeys.Name) is not { } name ? null : new Lab
        {
            Name = name.Value,
            Description = document.Lab.Get(LabKeys.Description)?.Value,
            Networks = networks,
            VirtualIp = virtualIp,
            Published = published,
            MemoryOvercommit = document.Lab.Get(LabKeys.Overcommit)?.Value.Get(OvercommitKeys.Memory)?.Value ?? OvercommitKeys.Memory.DefaultValue,
            Hooks = hooks,
            Machines = ordered,
        };
    }
}
