using System.Text.Json;
using QemuLab.Engine.Qemu;

namespace QemuLab.Tests.Qemu;

public sealed class QemuBlockNodesTests
{
    [Theory]
    [InlineData("""{"removable":false,"qdev":"/machine/peripheral/disk-data-device/virtio-backend"}""", "disk-data")]
    [InlineData("""{"removable":false,"qdev":"/machine/peripheral/disk-root-device","inserted":{"image":{"format-specific":{"type":"qcow2","data":{"corrupt":true}}}}}""", "disk-root")]
    [InlineData("""{"removable":false,"qdev":"/machine/peripheral/disk-root-device","inserted":{"image":{"format-specific":{"type":"qcow2","data":{"corrupt":false}}}}}""", null)]
    [InlineData("""{"removable":false,"qdev":"/machine/peripheral/seed-device","inserted":{"image":{}}}""", null)]
    [InlineData("""{"removable":false,"qdev":"/machine/peripheral/x","inserted":{"image":{"format-specific":{"type":"rbd","data":{}}}}}""", null)]
    [InlineData("""{"removable":true,"qdev":"/machine/unattached/device[3]"}""", null)]
    [InlineData("""{"removable":false}""", null)]
    public void A_disk_is_corrupted_where_its_file_is_marked_or_has_been_taken_away(string device, string? node)
    {
        using JsonDocument answer = JsonDocument.Parse($"[{device}]");

        Assert.Equal(node is null ? [] : [node], QemuBlockNodes.Corrupted(answer.RootElement));
    }
}
