using System.Text.Json;
using System.Text.Json.Serialization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Stages;

/// <summary>Keeps how far a machine has come in its stages, for whoever asks and for the next daemon. What was sent is not in it.</summary>
public static class StageFile
{
    /// <summary>Null where there is none, or none that can be read.</summary>
    public static StageState? Read(MachineDirectory directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(directory.Stages), StageJson.Default.StageState) is { Passages.Count: > 0 } state && state.Current < state.Passages.Count ? state : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Where it cannot be written nothing is lost but the memory. A folder that has gone is not made again: its machine is being removed.</summary>
    internal static void Write(MachineDirectory directory, StageState state)
    {
        try
        {
            if (Directory.Exists(directory.Path))
            {
                AtomicFile.Write(directory.Stages, JsonSerializer.SerializeToUtf8Bytes(state, StageJson.Default.StageState), durable: false);
            }
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StageState))]
internal sealed partial class StageJson : JsonSerializerContext;
