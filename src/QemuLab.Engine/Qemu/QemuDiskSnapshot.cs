using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Qemu;

/// <summary>
/// A snapshot of a running machine's disks without its memory: one transaction of <c>blockdev-snapshot-internal-sync</c> over all of
/// them, of which QEMU takes back what it has done where one fails. See "Block device transactions" in QEMU's QMP reference.
/// </summary>
internal static class QemuDiskSnapshot
{
    public static async Task SaveAsync(QmpClient qmp, string tag, IReadOnlyList<string> nodes, CancellationToken cancellation)
    {
        try
        {
            await qmp.ExecuteAsync(
                "transaction",
                arguments =>
                {
                    arguments.WriteStartArray("actions");
                    foreach (string node in nodes)
                    {
                        arguments.WriteStartObject();
                        arguments.WriteString("type", "blockdev-snapshot-internal-sync");
                        arguments.WriteStartObject("data");
                        arguments.WriteString("device", node);
                        arguments.WriteString("name", tag);
                        arguments.WriteEndObject();
                        arguments.WriteEndObject();
                    }

                    arguments.WriteEndArray();
                },
                QemuSnapshotJob.TimeLimit,
                cancellation);
        }
        catch (QmpErrorException refused)
        {
            throw QemuSnapshotJob.Failed(refused.Description);
        }
    }
}
