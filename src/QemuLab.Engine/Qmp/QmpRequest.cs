using System.Buffers;
using System.Text.Json;

namespace QemuLab.Engine.Qmp;

/// <summary>A command as QEMU and its guest agent read it: a JSON object on a line of its own.</summary>
internal static class QmpRequest
{
    /// <param name="command">Such as <c>query-status</c>.</param>
    /// <param name="id">Comes back with the answer; null: none.</param>
    /// <param name="arguments">Writes the members of the <c>arguments</c> object; null: no arguments.</param>
    public static ReadOnlyMemory<byte> Line(string command, long? id, Action<Utf8JsonWriter>? arguments)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("execute", command);
            if (id is { } number)
            {
                writer.WriteNumber("id", number);
            }

            if (arguments is not null)
            {
                writer.WriteStartObject("arguments");
                arguments(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }
}
