using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine.Disks;

namespace QemuLab.Engine.Machines;

/// <summary>
/// What a machine is started with, in the lab file's keys and in words for people. It is kept with the machine, so that what
/// runs can be compared with what is asked for, by a later daemon too.
/// </summary>
public static class MachineSettings
{
    /// <summary>The key of the memory that the guest has.</summary>
    public const string Memory = "memory";

    private const string Disk = "disk", MaxMemory = "maxMemory";

    /// <summary>All that needs a start of QEMU, or of the guest, to become another.</summary>
    public static IReadOnlyDictionary<string, string> Of(MachinePlan plan)
    {
        MachineSpec spec = plan.Spec;
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["image"] = spec.Image,
            ["cpus"] = spec.Cpus.ToString(CultureInfo.InvariantCulture),
            [Memory] = Size(spec.Memory),
            [MaxMemory] = spec.MaxMemory is { } most ? Size(most) : "",
            ["firmware"] = FirmwareOf(plan),
            ["cpuModel"] = plan.CpuModel,
            ["address"] = plan.Address.ToString(),
            ["networks"] = string.Join(", ", plan.Nics.Select(nic => $"{nic.Network.Network} {nic.Address}")),
            ["ports"] = string.Join(", ", spec.Ports),
            ["userData"] = Digest(spec.UserData.Select(part => part.Text)),
            ["users"] = string.Join(", ", spec.Users.Select(user => user.Name)),
            ["sshKeys"] = Digest(spec.SshKeys.Concat(spec.Users.SelectMany(user => user.SshKeys))),
            ["packageMirror"] = spec.PackageMirror ?? "",
            ["proxy"] = spec.Proxy ?? "",
            ["guestAgent"] = spec.GuestAgent ? "true" : "false",
            ["watchdog"] = spec.Watchdog.ToString().ToLowerInvariant(),

            // Empty where there is none, as with machines that were started before there could be one.
            ["display"] = spec.Display ? "true" : "",
            ["stages"] = Digest(spec.Stages.SelectMany(stage => stage.When.Select(rule => $"{rule.Trigger} {rule.Goto} {rule.Fail}").Prepend($"{stage.Name} {stage.Trigger} {stage.Timeout}"))),
            ["ready"] = spec.Ready == Stages.ReadyBy.Stages ? "stages" : "",
            ["qemuArgs"] = string.Join(' ', spec.QemuArgs),
        };
        foreach (DiskPlan disk in plan.Disks)
        {
            settings[KeyOf(plan, disk)] = Size(disk.Size);
        }

        return settings;
    }

    /// <summary>The same settings with the sizes that the disks really have: a disk that was larger once is larger than it was asked to be.</summary>
    /// <param name="settings">As of <see cref="Of"/>.</param>
    /// <param name="plan">The machine that has the disks.</param>
    /// <param name="sizeOf">The size of a disk's file; null: it has none yet, or is not understood.</param>
    public static IReadOnlyDictionary<string, string> WithDisks(IReadOnlyDictionary<string, string> settings, MachinePlan plan, Func<DiskPlan, ByteSize?> sizeOf)
    {
        var real = new SortedDictionary<string, string>(settings.ToDictionary(), StringComparer.Ordinal);
        foreach (DiskPlan disk in plan.Disks)
        {
            if (KeyOf(plan, disk) is var key && real.ContainsKey(key) && sizeOf(disk) is { } size)
            {
                real[key] = Size(size);
            }
        }

        return real;
    }

    /// <summary>What is another one, key by key.</summary>
    /// <param name="running">What it was started with.</param>
    /// <param name="wanted">What it is to be.</param>
    public static IReadOnlyList<MachineDifference> Differences(IReadOnlyDictionary<string, string> running, MachinePlan wanted)
    {
        IReadOnlyDictionary<string, string> asked = Of(wanted);
        return [.. running.Keys.Union(asked.Keys).Order(StringComparer.Ordinal)
            .Select(key => (Key: key, Before: running.GetValueOrDefault(key, ""), After: asked.GetValueOrDefault(key, "")))
            .Where(one => one.Before != one.After)
            .Select(one => DiskChange(one.Key, one.Before, one.After) is var change && change == 0
                ? new MachineDifference(one.Key, one.Before, one.After, NeedsRestart: !(one.Key == Memory && IsMemoryLive(running, wanted)))
                : new MachineDifference(one.Key, one.Before, one.After, NeedsRestart: false, IsKept: change < 0))];
    }

    /// <summary>Whether another memory is only another size of the balloon.</summary>
    public static bool IsMemoryLive(IReadOnlyDictionary<string, string> running, MachinePlan wanted) =>
        wanted.Spec.MaxMemory is { } most && running.GetValueOrDefault(MaxMemory) == Size(most);

    /// <summary>The disks of a difference that QEMU can make larger while it runs, each with its new size.</summary>
    public static IReadOnlyList<DiskPlan> Growing(IReadOnlyDictionary<string, string> running, MachinePlan wanted) =>
        [.. wanted.Disks.Where(disk => KeyOf(wanted, disk) is var key && running.TryGetValue(key, out string? before) && DiskChange(key, before, Size(disk.Size)) > 0)];

    private static string KeyOf(MachinePlan plan, DiskPlan disk) => disk == plan.Disks[0] ? Disk : $"disks.{disk.Name}";

    /// <summary>1: a disk grows, -1: it is to shrink; 0: it is another change, of a disk that comes or goes too.</summary>
    private static int DiskChange(string key, string before, string after) =>
        (key == Disk || key.StartsWith("disks.", StringComparison.Ordinal))
        && ByteSize.TryParse(before, out ByteSize old) && ByteSize.TryParse(after, out ByteSize asked) ? Math.Sign(asked.Bytes - old.Bytes) : 0;

    /// <summary>Exactly: what is rounded for people would hide a small difference.</summary>
    private static string Size(ByteSize size) => ByteSize.TryParse(size.ToString(), out ByteSize read) && read == size ? size.ToString() : size.Bytes.ToString(CultureInfo.InvariantCulture) + "B";

    private static string FirmwareOf(MachinePlan plan) => plan.Firmware switch
    {
        FirmwarePlan.Uefi => "uefi",
        FirmwarePlan.Bios => "bios",
        FirmwarePlan.DirectKernel direct => $"kernel {direct.Kernel} {direct.Append}".TrimEnd(),
        var other => other.ToString(),
    };

    /// <summary>A text that nobody would read in a table.</summary>
    private static string Digest(IEnumerable<string> parts)
    {
        string text = string.Join('\0', parts);
        return text.Length == 0 ? "" : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];
    }
}

/// <summary>One key of a machine that is another one than it runs with.</summary>
/// <param name="Key">As in the lab file.</param>
/// <param name="Running">What it runs with; empty: nothing.</param>
/// <param name="Wanted">What it is to be; empty: nothing.</param>
/// <param name="NeedsRestart">False: it is done while the machine runs, or never.</param>
/// <param name="IsKept">It stays as it is whatever happens: a disk never shrinks, because what the guest has at its end would be lost.</param>
public sealed record MachineDifference(string Key, string Running, string Wanted, bool NeedsRestart, bool IsKept = false);
