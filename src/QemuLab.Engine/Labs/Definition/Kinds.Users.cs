using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>Logins and keys.</summary>
internal static partial class Kinds
{
    public static ValueKind<string> Login { get; } = Matching(LoginForm(), "a login name such as alice");

    public static ValueKind<string> Shell { get; } = Matching(AbsolutePathForm(), "an absolute path such as /bin/bash");

    /// <summary>Never quoted in messages: people paste the wrong half.</summary>
    public static ValueKind<string> SshKey { get; } = Text<string>(
        "a public key: the line of a .pub file", new JsonObject { ["type"] = "string" }, (scalar, out value) =>
        {
            value = scalar.Text.TrimEnd('\n');
            return value switch
            {
                _ when value.Contains("PRIVATE KEY", StringComparison.Ordinal) => "this is a private key: write the line of the .pub file beside it, and keep this one to yourself",
                _ when SshKeyForm().Match(value) is { Success: true } match && IsKeyOf(match.Groups[1].Value, match.Groups[2].Value) => null,
                _ when value.EndsWith(".pub", StringComparison.Ordinal) => "must be the key itself, not a file's name: write the line that is in the .pub file",
                _ => "is not a public key: write the line of a .pub file, such as ssh-ed25519 AAAA… alice@laptop",
            };
        });

    /// <summary>The base64 part begins with the key's type, its length before it.</summary>
    private static bool IsKeyOf(string type, string base64)
    {
        byte[] blob = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, blob, out int length)
            && length > type.Length + 4
            && System.Text.Encoding.ASCII.GetString(blob, 4, type.Length) == type;
    }

    [GeneratedRegex(@"\A[a-z_][a-z0-9_-]{0,31}\z")]
    private static partial Regex LoginForm();

    [GeneratedRegex(@"\A/[A-Za-z0-9._/+-]+\z")]
    private static partial Regex AbsolutePathForm();

    [GeneratedRegex(@"\A(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-[a-z0-9-]+@openssh\.com) ([A-Za-z0-9+/]+={0,2})( [^\p{Cc}]*)?\z")]
    private static partial Regex SshKeyForm();
}
