namespace QemuLab.Api;

/// <summary>The daemon in the hands of systemd or launchd, as <c>service status</c> tells it.</summary>
internal sealed record ServiceView
{
    /// <summary><c>user</c> or <c>system</c>.</summary>
    public required string Scope { get; init; }

    /// <summary><c>systemd</c> or <c>launchd</c>.</summary>
    public required string Init { get; init; }

    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The home that it is for; null where the files do not tell.</summary>
    public string? Home { get; init; }

    /// <summary>Whether an install by this program, with this home, would change nothing.</summary>
    public required bool Current { get; init; }

    public required bool Enabled { get; init; }

    public required bool Listening { get; init; }

    public required string State { get; init; }

    public int? ProcessId { get; init; }
}
