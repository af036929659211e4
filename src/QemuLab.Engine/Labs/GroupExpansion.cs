using System.Net;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Makes machines of groups: their names, and their addresses counted up.</summary>
internal static class GroupExpansion
{
    public static IReadOnlyList<MachineDraft> Expand(LabDocument document, Faults faults)
    {
        if (!IsGoodNumber(document, faults))
        {
            return [];
        }

        List<MachineDraft> drafts = [];
        Dictionary<MachineName, Place> taken = [];
        foreach (Named<Section> group in document.Groups)
        {
            foreach (MachineDraft draft in Expand(document, group, faults))
            {
                if (taken.TryAdd(draft.Name, group.NamePlace))
                {
                    drafts.Add(draft);
                }
                else
                {
                    faults.Error(group.NamePlace, $"a machine {draft.Name} is there already, from the group in line {taken[draft.Name].Line}", group.Name);
                }
            }
        }

        return drafts;
    }

    private static List<MachineDraft> Expand(LabDocument document, Named<Section> group, Faults faults)
    {
        Section section = group.Value;
        int? count = section.Get(GroupKeys.Count)?.Value;
        if (count is null && section.Mentions(GroupKeys.Count))
        {
            // How many they are is not known: nothing sensible can be said of the single machines.
            return [];
        }

        List<MachineDraft> drafts = [];
        IReadOnlyList<Named<Section>> own = section.Get(GroupKeys.Machines)?.Value ?? [];
        for (int index = 0; index < (count ?? 1); index++)
        {
            string text = count is null ? group.Name : $"{group.Name}{index}";
            if (!MachineName.TryParse(text, out MachineName name))
            {
                faults.Error(group.NamePlace, $"the machine's name {Quote.Of(text)} is too long: at most 63 characters", group.Name);
                break;
            }

            Section machine = own.FirstOrDefault(named => named.Name == text)?.Value ?? Section.Empty;
            Section defaults = document.Lab.Get(LabKeys.Defaults)?.Value ?? Section.Empty;
            drafts.Add(new MachineDraft(name, MachineName.Parse(group.Name), index, count ?? 1, group.NamePlace, new([document.Lab, defaults, section, machine]))
            {
                Address = machine.Get(MachineKeys.Address) ?? Counted(section.Get(MachineKeys.Address), index),
                Nics = NicsOf(defaults, section, machine, index),
                Ports = [.. Counted(section.Get(MachineKeys.Ports), index, faults), .. machine.Get(MachineKeys.Ports)?.Value ?? []],
            });
        }

        CheckMachines(group, own, drafts, faults);
        return drafts;
    }

    /// <summary>Of all layers, a nearer one in the place of a farther one on the same network.</summary>
    private static List<NicDraft> NicsOf(Section defaults, Section group, Section machine, int index)
    {
        List<NicDraft> nics = [];
        foreach (Section layer in (Section[])[defaults, group, machine])
        {
            foreach (Located<Section> item in layer.Get(MachineKeys.Networks)?.Value ?? [])
            {
                Located<IPAddress>? address = item.Value.Get(NicKeys.Address);
                NicDraft nic = new(item.Value.Get(NicKeys.Name)!.Value, layer == machine ? address : Counted(address, index), item.Place);
                int farther = nics.FindIndex(other => other.Network == nic.Network);
                if (farther < 0)
                {
                    nics.Add(nic);
                }
                else
                {
                    nics[farther] = nic;
                }
            }
        }

        return nics;
    }

    private static Located<IPAddress>? Counted(Located<IPAddress>? first, int index) =>
        first is null ? null : first with { Value = Subnet.Next(first.Value, index) };

    /// <summary>One host port cannot lead to several machines, so that those of a group count up from it.</summary>
    private static IEnumerable<Located<PortForward>> Counted(Located<IReadOnlyList<Located<PortForward>>>? ports, int index, Faults faults)
    {
        foreach (Located<PortForward> port in ports?.Value ?? [])
        {
            int hostPort = port.Value.HostPort + index;
            if (hostPort <= ushort.MaxValue)
            {
                yield return port with { Value = port.Value with { HostPort = hostPort } };
            }
            else
            {
                faults.Error(port.Place, $"host port {port.Value.HostPort} counts up beyond {ushort.MaxValue} for the machines of the group", MachineKeys.Ports.Name);
            }
        }
    }

    private static void CheckMachines(Named<Section> group, IReadOnlyList<Named<Section>> own, List<MachineDraft> drafts, Faults faults)
    {
        string[] names = [.. drafts.Select(draft => draft.Name.Value)];
        string range = names switch
        {
            [] => "no machines (count: 0)",
            [string only] => only,
            [string first, .., string last] => $"{first} to {last}",
        };
        foreach (Named<Section> machine in own.Where(machine => !names.Contains(machine.Name)))
        {
            faults.Error(machine.NamePlace, $"group {group.Name} has no machine {Quote.Of(machine.Name)}: it has {range}");
        }
    }

    /// <summary>Checked before anything is made of them: a short text can ask for very many.</summary>
    private static bool IsGoodNumber(LabDocument document, Faults faults)
    {
        Place place = document.Lab.Get(LabKeys.Groups)?.Place ?? document.Lab.Place;
        int number = document.Groups.Sum(group => group.Value.Get(GroupKeys.Count)?.Value ?? 1);
        if (number > GroupKeys.MaximumCount)
        {
            faults.Error(place, $"the lab has {number} machines: at most {GroupKeys.MaximumCount}", LabKeys.Groups.Name);
        }
        else if (number == 0 && !faults.HasErrors)
        {
            faults.Error(place, "the lab has no machines", LabKeys.Groups.Name);
        }

        return number is > 0 and <= GroupKeys.MaximumCount;
    }
}
