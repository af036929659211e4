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
    private const string Disk = "disk";

    /// <summary>All that needs a start of QEMU, or of the guest, to become another.</summary>
    public static IReadOnlyDictionary<string, string> Of(MachinePlan plan)
    {
        MachineSpec spec = plan.Spec;
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["image"] = spec.Image,
            ["cpus"] = spec.Cpus.ToString(CultureInfo.InvariantCulture),
            ["memory"] = Size(spec.Memory),
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
            ["qemuArgs"] = string.Join(' ', spec.QemuArgs),
        };
        foreach (DiskPlan disk in plan.Disks)
        {
            settings[KeyOf(plan, disk)] = Size(disk.Size);
        }

        return settings;
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
            .Select(one => new MachineDifference(one.Key, one.Before, one.After, !Grows(one.Key, one.Before, one.After)))];
    }

    /// <summary>The disks of a difference that QEMU can make larger while it runs, each with its new size.</summary>
    public static IReadOnlyList<DiskPlan> Growing(IReadOnlyDictionary<string, string> running, MachinePlan wanted) =>
        [.. wanted.Disks.Where(disk => KeyOf(wanted, disk) is var key && running.TryGetValue(key, out string? before) && Grows(key, before, Size(disk.Size)))];

    private static string KeyOf(MachinePlan plan, DiskPlan disk) => disk == plan.Disks[0] ? Disk : $"disks.{disk.Name}";

    private static bool Grows(string key, string before, string after) =>
        (key == Disk || key.StartsWith("disks.", StringComparison.Ordinal))
        && ByteSize.TryParse(before, out ByteSize small) && ByteSize.TryParse(after, out ByteSize large) && large.Bytes > small.Bytes;

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
/// <param name="NeedsRestart">False: it is done while the machine runs.</param>
public sealed record MachineDifference(string Key, string Running, string Wanted, bool NeedsRestart);
