using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Labs;

/// <summary>Makes the <see cref="MachineSpec"/> of a draft: scalars from the nearest mapping, lists appended, labels merged.</summary>
internal sealed class MachineAssembly(LabDocument document, ImageRules imageRules, Faults faults)
{
    private readonly UserDataReader userData = new(document, faults);
    private readonly StageRules stages = new(faults);

    /// <summary>Null where it has no image that is known.</summary>
    public MachineSpec? Assemble(MachineDraft draft)
    {
        Layers layers = draft.Layers;
        ImageReference? image = imageRules.ImageOf(layers, document.Lab.Place);
        FirmwareSpec firmware = FirmwareOf(layers);
        IReadOnlyList<UserDataPart> parts = userData.PartsOf(draft, image);
        IReadOnlyList<UserSpec> users = UsersOf(layers, image);
        IReadOnlyList<DiskSpec> disks = DisksOf(layers);
        if (image is null)
        {
            return null;
        }

        ByteSize memory = imageRules.MemoryOf(layers, image, firmware);
        return new MachineSpec
        {
            Name = draft.Name,
            Group = draft.Group,
            Image = image.Name,
            Cpus = layers.ValueOf(MachineKeys.Cpus),
            Memory = memory,
            MaxMemory = MaxMemoryOf(layers, memory),
            Disk = layers.Nearest(MachineKeys.Disk)?.Value,
            Disks = disks,
            Firmware = firmware,
            CpuModel = layers.Nearest(MachineKeys.CpuModel)?.Value,
            Address = draft.Address?.Value,
            Nics = [.. draft.Nics.Select(nic => new NicSpec(nic.Network, nic.Address?.Value))],
            Labels = LabelsOf(layers),
            Ports = [.. draft.Ports.Select(port => port.Value)],
            UserData = parts,
            Users = users,
            SshKeys = [.. layers.Items(MachineKeys.SshKeys).Select(key => key.Value).Distinct()],
            PackageMirror = layers.Nearest(MachineKeys.PackageMirror)?.Value,
            Proxy = layers.Nearest(MachineKeys.Proxy)?.Value,
            QemuArgs = [.. layers.Items(MachineKeys.QemuArgs).Select(argument => argument.Value)],
            GracePeriod = layers.ValueOf(MachineKeys.GracePeriod),
            GuestAgent = layers.ValueOf(MachineKeys.GuestAgent),
            Watchdog = Enum.Parse<WatchdogAction>(layers.ValueOf(MachineKeys.Watchdog), ignoreCase: true),
            Display = layers.ValueOf(MachineKeys.Display),
            Autostart = layers.ValueOf(MachineKeys.Autostart),
            RunStrategy = layers.ValueOf(MachineKeys.RunStrategy),
            Stages = stages.Of(layers),
            Ready = Enum.Parse<ReadyBy>(layers.ValueOf(MachineKeys.Ready), ignoreCase: true),
        };
    }

    private ByteSize? MaxMemoryOf(Layers layers, ByteSize memory)
    {
        Located<ByteSize>? asked = layers.Nearest(MachineKeys.MaxMemory);
        if (asked?.Value < memory)
        {
            faults.Error(asked.Place, $"{asked.Value} is less than the machine's memory, {memory}", MachineKeys.MaxMemory.Name);
        }

        return asked?.Value;
    }

    private FirmwareSpec FirmwareOf(Layers layers)
    {
        Located<FirmwareSpec>? asked = layers.Nearest(MachineKeys.Firmware);
        return asked?.Value switch
        {
            null => new FirmwareSpec.ImageDefault(),
            FirmwareSpec.DirectKernel direct => direct with
            {
                Kernel = FullPath(direct.Kernel, asked.Place),
                Initrd = direct.Initrd is null ? null : FullPath(direct.Initrd, asked.Place),
            },
            FirmwareSpec word => word,
        };
    }

    private string FullPath(string path, Place place)
    {
        if (path.StartsWith('~'))
        {
            faults.Error(place, "~ is not expanded: write the whole path, or one relative to the lab file", MachineKeys.Firmware.Name);
        }

        return Path.GetFullPath(path, document.Source.BaseDirectory);
    }

    private static SortedDictionary<string, string> LabelsOf(Layers layers)
    {
        SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (Named<string> label in layers.All(MachineKeys.Labels).SelectMany(map => map.Value))
        {
            labels[label.Name] = label.Value;
        }

        return labels;
    }

    private List<DiskSpec> DisksOf(Layers layers)
    {
        List<DiskSpec> disks = [];
        foreach ((string name, Located<Section> disk) in ByName(layers, MachineKeys.Disks, DiskKeys.Name))
        {
            if (name is "root" or "seed")
            {
                faults.Error(disk.Place, $"'{name}' is the name of a disk that every machine has: choose another", MachineKeys.Disks.Name);
            }

            disks.Add(new DiskSpec(name, disk.Value.Get(DiskKeys.Size)!.Value));
        }

        return disks;
    }

    private List<UserSpec> UsersOf(Layers layers, ImageReference? image)
    {
        List<UserSpec> users = [];
        foreach ((string name, Located<Section> user) in ByName(layers, MachineKeys.Users, UserKeys.Name))
        {
            if (name == "root" || name == image?.User)
            {
                faults.Error(user.Place, $"'{name}' is there already: its keys go into sshKeys of the machine, the group or the lab", MachineKeys.Users.Name);
            }

            bool sudo = user.Value.Get(UserKeys.Sudo)?.Value ?? UserKeys.Sudo.DefaultValue;
            users.Add(new UserSpec(name, [.. (user.Value.Get(UserKeys.SshKeys)?.Value ?? []).Select(key => key.Value)], sudo, user.Value.Get(UserKeys.Shell)?.Value));
        }

        return users;
    }

    /// <summary>The items of all layers, a nearer one in the place of a farther one of its name; a name twice in one list is a fault.</summary>
    private List<(string Name, Located<Section> Item)> ByName(Layers layers, Key<IReadOnlyList<Located<Section>>> key, Key<string> nameKey)
    {
        List<(string Name, Located<Section> Item)> items = [];
        foreach (Located<IReadOnlyList<Located<Section>>> list in layers.All(key))
        {
            HashSet<string> names = [];
            foreach (Located<Section> item in list.Value)
            {
                string name = item.Value.Get(nameKey)!.Value;
                if (!names.Add(name))
                {
                    faults.Error(item.Place, $"'{name}' is in the list twice", key.Name);
                }

                int farther = items.FindIndex(other => other.Name == name);
                if (farther < 0)
                {
                    items.Add((name, item));
                }
                else
                {
                    items[farther] = (name, item);
                }
            }
        }

        return items;
    }
}
