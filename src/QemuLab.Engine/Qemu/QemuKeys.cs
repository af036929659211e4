using System.Text.Json;

namespace QemuLab.Engine.Qemu;

/// <summary>The arguments of QMP's <c>send-key</c>.</summary>
public static class QemuKeys
{
    /// <param name="arguments">The command's.</param>
    /// <param name="keys">Pressed together, by QEMU's names.</param>
    /// <param name="hold">How long.</param>
    public static void Write(Utf8JsonWriter arguments, IReadOnlyList<string> keys, TimeSpan hold)
    {
        arguments.WriteStartArray("keys");
        foreach (string key in keys)
        {
            arguments.WriteStartObject();
            arguments.WriteString("type", "qcode");
            arguments.WriteString("data", key);
            arguments.WriteEndObject();
        }

        arguments.WriteEndArray();
        arguments.WriteNumber("hold-time", (int)hold.TotalMilliseconds);
    }
}
