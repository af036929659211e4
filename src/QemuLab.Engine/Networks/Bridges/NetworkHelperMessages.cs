using System.Text.Json;
using System.Text.Json.Serialization;

namespace QemuLab.Engine.Networks;

/// <summary>One line of JSON to the network helper: a program to run, or an interface to capture.</summary>
/// <param name="Program">The bare name of one of <see cref="NetworkHelperServer.Programs"/>.</param>
/// <param name="Arguments">Handed over as they are.</param>
internal sealed record NetworkHelperRequest(string? Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Text for standard input.</summary>
    public string? Input { get; init; }

    /// <summary>Milliseconds, after which the program is killed; null: no limit.</summary>
    public double? TimeLimit { get; init; }

    /// <summary>An interface. After the answer come frames as pcapng, until the asker closes its side.</summary>
    public string? Capture { get; init; }
}

/// <summary>One line back; the first one, to no request, says that the helper is ready.</summary>
internal sealed record NetworkHelperAnswer
{
    public int ExitCode { get; init; }

    public string Output { get; init; } = "";

    public string Error { get; init; } = "";

    public bool TimedOut { get; init; }

    /// <summary>The code of an error of ours, which <see cref="Error"/> tells then; null where there is none.</summary>
    public string? Refusal { get; init; }

    /// <summary>What helps against it.</summary>
    public string? Hint { get; init; }

    /// <exception cref="QemuLabException">The helper refused.</exception>
    public NetworkHelperAnswer OrThrow() => Refusal is { } code ? throw new QemuLabException(ErrorKind.Failed, code, Error, Hint) : this;

    public static NetworkHelperAnswer For(QemuLabException refused) => new() { ExitCode = -1, Refusal = refused.Code, Error = refused.Message, Hint = refused.Hint };

    public byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, NetworkHelperJson.Default.NetworkHelperAnswer), (byte)'\n'];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NetworkHelperRequest))]
[JsonSerializable(typeof(NetworkHelperAnswer))]
internal sealed partial class NetworkHelperJson : JsonSerializerContext;
