using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Qemu;

/// <summary>
/// Pages of a memory compressed by zlib, as a migration would send them; snapshots go the same way. See the capability
/// <c>compress</c> in the QMP reference of QEMU 2.4 to 9.0: 9.1 has it no more.
/// </summary>
internal static class QemuMemoryCompression
{
    /// <summary>The lowest level that compresses: higher ones gain some percent, and stand the guest still for much longer.</summary>
    private const int Level = 1;

    /// <summary>Of each kind. More than there are cores is no faster, and no slower.</summary>
    private const int Threads = 4;

    /// <summary>Compresses, or reads what was compressed, while the work is done.</summary>
    /// <exception cref="QemuLabException">This QEMU cannot (code <c>no-compression</c>), or the work's own.</exception>
    public static async Task WhileAsync(QmpClient qmp, Func<Task> work, CancellationToken cancellation)
    {
        try
        {
            await SetAsync(qmp, true, cancellation);
            await qmp.ExecuteAsync(
                "migrate-set-parameters",
                arguments =>
                {
                    arguments.WriteNumber("compress-level", Level);
                    arguments.WriteNumber("compress-threads", Threads);
                    arguments.WriteNumber("decompress-threads", Threads);
                },
                cancellation: cancellation);
        }
        catch (QmpErrorException refused)
        {
            throw new QemuLabException(ErrorKind.Failed, "no-compression", $"this QEMU does not compress memories: {refused.Description}", "QEMU 9.1 and later cannot: take snapshots without --compress", refused);
        }

        try
        {
            await work();
        }
        finally
        {
            await SetAsync(qmp, false, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task SetAsync(QmpClient qmp, bool isOn, CancellationToken cancellation)
    {
        await qmp.ExecuteAsync(
            "migrate-set-capabilities",
            arguments =>
            {
                arguments.WriteStartArray("capabilities");
                arguments.WriteStartObject();
                arguments.WriteString("capability", "compress");
                arguments.WriteBoolean("state", isOn);
                arguments.WriteEndObject();
                arguments.WriteEndArray();
            },
            cancellation: cancellation);
    }
}
