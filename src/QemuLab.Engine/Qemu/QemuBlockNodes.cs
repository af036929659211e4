using System.Text.Json;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

/// <summary>What QEMU's answer to <c>query-block</c> says of a machine's disks.</summary>
internal static class QemuBlockNodes
{
    private const string Peripherals = "/machine/peripheral/";

    /// <summary>
    /// The nodes whose qcow2 file QEMU has found inconsistent: it has marked the file, and where it could not go on with it, taken it
    /// from its device, as one takes a disc from a drive.
    /// </summary>
    public static IReadOnlyList<string> Corrupted(JsonElement answer) =>
        [.. answer.EnumerateArray().Where(IsCorrupted).Select(NodeName).OfType<string>()];

    /// <summary>What has passed all devices, from the answer to <c>query-blockstats</c>.</summary>
    public static DiskTraffic Traffic(JsonElement answer)
    {
        JsonElement[] devices = [.. answer.EnumerateArray().Select(device => device.GetProperty("stats"))];
        return new DiskTraffic(devices.Sum(stats => stats.GetProperty("rd_bytes").GetInt64()), devices.Sum(stats => stats.GetProperty("wr_bytes").GetInt64()));
    }

    private static bool IsCorrupted(JsonElement device) => device.TryGetProperty("inserted", out JsonElement inserted)
        ? inserted.GetProperty("image").TryGetProperty("format-specific", out JsonElement format)
            && format.GetProperty("data") is { ValueKind: JsonValueKind.Object } data
            && data.TryGetProperty("corrupt", out JsonElement corrupt) && corrupt.GetBoolean()
        : !device.GetProperty("removable").GetBoolean();

    /// <summary>By the device's id, which is made of the node's name and stays when the node has gone.</summary>
    private static string? NodeName(JsonElement device) =>
        device.TryGetProperty("qdev", out JsonElement path) && path.GetString() is { } qdev && qdev.StartsWith(Peripherals, StringComparison.Ordinal)
            ? QemuCommandLine.NodeOf(qdev[Peripherals.Length..].Split('/')[0])
            : null;
}
