namespace QemuLab.Engine.Ssh;

internal enum LoginFailureKind
{
    /// <summary>The host key is not the pinned one.</summary>
    HostKey,

    /// <summary>No such user yet, or not with our key.</summary>
    Denied,

    /// <summary>pam_nologin: systemd lets nobody in until late in its start.</summary>
    Booting,

    /// <summary>The connection was refused, reset, closed, or timed out.</summary>
    Connection,

    /// <summary>ssh said something else.</summary>
    Other,
}

/// <summary>Why a login did not work, in ssh's own words.</summary>
internal sealed record LoginFailure(LoginFailureKind Kind, string Quote)
{
    private static readonly (string Words, LoginFailureKind Kind)[] Known =
    [
        ("Host key verification failed", LoginFailureKind.HostKey),
        ("REMOTE HOST IDENTIFICATION HAS CHANGED", LoginFailureKind.HostKey),
        // pam_nologin's text comes before the "Connection closed" of the same try, and explains it.
        ("System is booting up", LoginFailureKind.Booting),
        ("pam_nologin", LoginFailureKind.Booting),
        ("Permission denied", LoginFailureKind.Denied),
        ("Connection closed", LoginFailureKind.Connection),
        ("Connection reset", LoginFailureKind.Connection),
        ("Connection refused", LoginFailureKind.Connection),
        ("Connection timed out", LoginFailureKind.Connection),
        ("kex_exchange_identification", LoginFailureKind.Connection),
        ("Broken pipe", LoginFailureKind.Connection),
    ];

    public static LoginFailure From(int exitCode, string error)
    {
        string[] lines = [.. SerialTail.Clean(error)];
        foreach ((string words, LoginFailureKind kind) in Known)
        {
            if (lines.FirstOrDefault(line => line.Contains(words, StringComparison.Ordinal)) is { } line)
            {
                // By its fingerprint the machine is known that has answered instead.
                string sent = kind == LoginFailureKind.HostKey && lines.FirstOrDefault(other => other.StartsWith("SHA256:", StringComparison.Ordinal)) is { } fingerprint ? $" (the key that was sent is {fingerprint.Trim().TrimEnd('.')})" : "";
                // What the server says before it closes the connection is the reason, such as an /etc/nologin of somebody's.
                string said = kind == LoginFailureKind.Connection && lines.TakeWhile(other => other != line).LastOrDefault(IsOfTheServer) is { } last ? last.Trim() + "; " : "";
                return new LoginFailure(kind, said + line.Trim() + sent);
            }
        }

        return new LoginFailure(LoginFailureKind.Other, lines.LastOrDefault()?.Trim() ?? $"ssh ended with exit code {exitCode} and said nothing");
    }

    /// <summary>Not one of ssh's own warnings.</summary>
    private static bool IsOfTheServer(string line) => line.Trim().Length > 0 && !line.StartsWith("**", StringComparison.Ordinal) && !line.StartsWith("Warning:", StringComparison.Ordinal);
}
