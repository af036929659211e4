using System.Globalization;
using System.Text;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>Whether the host can carry a plan: asked for the whole lab before anything starts.</summary>
internal static class PlanCheck
{
    /// <summary>ssh appends 17 characters to a ControlPath while it makes the socket.</summary>
    private const int SshSuffix = 17;

    /// <exception cref="QemuLabException">It cannot; every reason in one message.</exception>
    public static void Ensure(LabPlan plan, Starting starting)
    {
        PlanFault[] faults = [.. Capacity.Faults(plan, starting), .. Sockets(plan)];
        if (faults.Length > 0)
        {
            throw new QemuLabException(ErrorKind.Failed, faults[0].Code, string.Join('\n', faults.Select(fault => fault.Message)), string.Join("; ", faults.Select(fault => fault.Hint).Distinct()));
        }
    }

    private static IEnumerable<PlanFault> Sockets(LabPlan plan)
    {
        int limit = (plan.Host.Platform == HostPlatform.MacOS ? 104 : 108) - 1;
        foreach (MachinePlan machine in plan.Machines)
        {
            int length = Encoding.UTF8.GetByteCount(machine.Directory.LongestSocket) + SshSuffix;
            if (length > limit)
            {
                yield return new("path-too-long", string.Create(CultureInfo.InvariantCulture, $"{machine.Name}: the path of its socket would have {length} bytes, the system allows {limit}: {machine.Directory.LongestSocket}"), "set QEMULAB_HOME to a folder with a shorter path");
            }
        }
    }
}
