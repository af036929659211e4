using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Qmp;

namespace QemuLab.Commands;

/// <summary>The control socket of a machine's QEMU that is for people; the daemon has one of its own.</summary>
internal static class PeoplesQmp
{
    /// <exception cref="QemuLabException">No QEMU runs, or somebody else has the socket.</exception>
    public static async Task<QmpClient> ConnectAsync(MachineView machine, TimeSpan limit)
    {
        try
        {
            return await QmpClient.ConnectAsync(machine.Files!.Monitor, limit);
        }
        catch (QemuLabException silent) when (silent.Code == "qmp-unreachable" && !machine.HasProcess)
        {
            throw new QemuLabException(ErrorKind.Conflict, "not-running", $"{machine.Name} has no QEMU: {machine.Status}", $"start it: qemulab start {machine.Name}", silent);
        }
        catch (QemuLabException silent) when (silent.Code is "qmp-timeout" or "qmp-unreachable")
        {
            // A queue that is full of others who wait is as one that nobody listens at.
            throw new QemuLabException(ErrorKind.TimedOut, silent.Code, $"QEMU of {machine.Name} does not answer within {limit.TotalSeconds:0.###} s", $"somebody else may be connected to {machine.Files!.Monitor} (qemulab qmp --events?): it serves one at a time; or QEMU hangs", silent);
        }
    }
}
