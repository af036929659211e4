using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using QemuLab.Api;

namespace QemuLab.Output;

/// <summary>JSON for scripts: a state is indented, an element of a stream is one line.</summary>
internal static class JsonOutput
{
    // Relaxed: a terminal or a pipe is no HTML page, and people read +, ' and umlauts better than \u002B.
    private static readonly JsonSerializerOptions OneLine = new(ApiJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(OneLine) { WriteIndented = true };

    /// <summary>For what has no type of its own, as <see cref="Write"/> does it.</summary>
    public static JsonSerializerOptions Readable => Indented;

    public static void Write<T>(Terminal terminal, T value) => terminal.Out.WriteLine(JsonSerializer.Serialize(value, Info<T>(Indented)));

    public static void WriteLine<T>(Terminal terminal, T value) => WriteLine(terminal.Out, value);

    public static void WriteLine<T>(TextWriter writer, T value)
    {
        writer.WriteLine(JsonSerializer.Serialize(value, Info<T>(OneLine)));
        writer.Flush();
    }

    private static JsonTypeInfo<T> Info<T>(JsonSerializerOptions options) => (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
}
