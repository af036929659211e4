using System.Text.Json;
using QemuLab.Api;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands;

/// <summary>Reads server-sent events.</summary>
internal static class EventFrames
{
    private const string Data = "data: ";

    public static IEnumerable<LabEvent> Read(IEnumerable<string> lines) =>
        from line in lines
        where line.StartsWith(Data, StringComparison.Ordinal)
        select JsonSerializer.Deserialize(line.AsSpan(Data.Length), ApiJson.Default.LabEvent);
}
