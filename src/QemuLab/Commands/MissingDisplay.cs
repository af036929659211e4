using System.Text.Json;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Engine.Qemu;
using QemuLab.Engine.Qmp;

namespace QemuLab.Commands;

/// <summary>Tells a machine that has no display from another reason for which QEMU refuses what needs one.</summary>
internal static class MissingDisplay
{
    private const string Peripherals = "/machine/peripheral";

    public static async Task<T> ToldAsync<T>(QmpClient qmp, MachineView machine, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (QmpErrorException refused)
        {
            throw await HasAsync(qmp, QemuCommandLine.DisplayDevice) ? refused : Error(machine, refused);
        }
    }

    /// <summary>Whether QEMU has a device of ours.</summary>
    public static async Task<bool> HasAsync(QmpClient qmp, string id)
    {
        JsonElement devices = await qmp.ExecuteAsync("qom-list", arguments => arguments.WriteString("path", Peripherals));
        return devices.EnumerateArray().Any(device => device.GetProperty("name").GetString() == id);
    }

    public static QemuLabException Error(MachineView machine, Exception? cause = null) => new(
        ErrorKind.Conflict, "display-missing", $"{machine.Name} has no display", $"give it one: display: true in the lab file, then: qemulab launch-all and qemulab restart {machine.Name}", cause);
}
