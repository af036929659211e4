using System.Text.Json.Serialization;

namespace QemuLab.Engine.Machines;

/// <summary>When a machine runs without being told to, in KubeVirt's words and with their meaning.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunStrategy>))]
public enum RunStrategy
{
    /// <summary>It runs only as it is told to; a machine that has ended stays so.</summary>
    Manual,

    /// <summary>It runs: whatever ends it, the guest's own shutdown too, it is started again.</summary>
    Always,

    /// <summary>It is started again when it failed, and stays stopped when its guest shut down or it was stopped.</summary>
    RerunOnFailure,

    /// <summary>It does not run; a start makes it <see cref="Always"/>.</summary>
    Halted,

    /// <summary>It runs once, from its launch; it is never started again.</summary>
    Once,
}
