using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Where a machine's own part is in the lab file, as <c>--set</c> names it.</summary>
internal static class SettingPath
{
    /// <summary><c>groups.gateway</c> of a group's only machine, <c>groups.worker.machines.worker2</c> of one among several.</summary>
    public static string Of(MachineSpec machine) =>
        machine.Name.Value == machine.Group.Value ? $"groups.{machine.Group}" : $"groups.{machine.Group}.machines.{machine.Name}";

    /// <summary>A lab's source with settings for some of its machines; one of an earlier time for the same key gives way.</summary>
    /// <param name="source">The lab's.</param>
    /// <param name="machines">Whose keys.</param>
    /// <param name="settings">Each <c>key=value</c>.</param>
    /// <exception cref="QemuLabException">One is no setting.</exception>
    public static LabSource Put(LabSource source, IReadOnlyList<MachineSpec> machines, IReadOnlyList<string> settings)
    {
        if (settings.FirstOrDefault(setting => setting.IndexOf('=', StringComparison.Ordinal) <= 0) is { } wrong)
        {
            throw new QemuLabException(ErrorKind.Usage, "setting-invalid", $"'{wrong}' is not a setting", "write key=value, such as memory=4GiB");
        }

        string[] put = [.. machines.SelectMany(machine => settings.Select(setting => $"{Of(machine)}.{setting}"))];
        HashSet<string> keys = [.. put.Select(KeyOf)];
        return source with { Settings = [.. source.Settings.Where(old => !keys.Contains(KeyOf(old))), .. put] };
    }

    private static string KeyOf(string setting) => setting.Split('=', 2)[0].Trim();
}
