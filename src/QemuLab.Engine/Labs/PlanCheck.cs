using System.Globalization;
using System.Text;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Whether the host can carry a plan: asked for the whole lab before anything starts.</summary>
public static class PlanCheck
{
    /// <summary>ssh appends 17 characters to a ControlPath while it makes the socket.</summary>
    private const int SshSuffix = 17;

    /// <summary>Below this a launch would fill the disk before the guests are up.</summary>
    private static readonly ByteSize LeastDisk = ByteSize.FromMiB(256);

    /// <exception cref="QemuLabException">It cannot; every reason in one message.</exception>
    public static void Ensure(LabPlan plan)
    {
        (string Code, string Message, string Hint)[] faults = [.. Memory(plan), .. Disk(plan), .. Sockets(plan)];
        if (faults.Length > 0)
        {
            throw new QemuLabException(ErrorKind.Failed, faults[0].Code, string.Join('\n', faults.Select(fault => fault.Message)), string.Join("; ", faults.Select(fault => fault.Hint).Distinct()));
        }
    }

    private static IEnumerable<(string, string, string)> Memory(LabPlan plan)
    {
        ByteSize total = plan.Host.MemoryTotal;
        var asked = new ByteSize(plan.Machines.Sum(machine => machine.Spec.Memory.Bytes));
        if (asked > total)
        {
            yield return ("memory-too-large", $"the machines ask for {asked} of memory, the host has {total}", $"fewer machines, or less memory each: {new ByteSize(total.Bytes * 8 / 10 / plan.Machines.Count / ByteSize.MiB * ByteSize.MiB)} would fit");
        }
    }

    private static IEnumerable<(string, string, string)> Disk(LabPlan plan)
    {
        if (plan.Host.DiskFree < LeastDisk)
        {
            yield return ("disk-full", $"only {plan.Host.DiskFree} are free where QemuLab keeps its files", "free some space, or set QEMULAB_HOME to a folder on another disk");
        }
    }

    private static IEnumerable<(string, string, string)> Sockets(LabPlan plan)
    {
        int limit = (plan.Host.Platform == HostPlatform.MacOS ? 104 : 108) - 1;
        foreach (MachinePlan machine in plan.Machines)
        {
            int length = Encoding.UTF8.GetByteCount(machine.Directory.LongestSocket) + SshSuffix;
            if (length > limit)
            {
                yield return ("path-too-long", string.Create(CultureInfo.InvariantCulture, $"{machine.Name}: the path of its socket would have {length} bytes, the system allows {limit}: {machine.Directory.LongestSocket}"), "set QEMULAB_HOME to a folder with a shorter path");
            }
        }
    }
}
