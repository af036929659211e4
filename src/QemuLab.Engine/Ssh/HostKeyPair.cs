namespace QemuLab.Engine.Ssh;

/// <summary>A machine's SSH host key, made before its first boot. Prints as its public half: the private one must not reach a log.</summary>
/// <param name="PrivateKey">OpenSSH's own format, with its newline at the end.</param>
/// <param name="PublicKey"><c>ssh-ed25519 AAAA…</c>, without a comment.</param>
public sealed record HostKeyPair(string PrivateKey, string PublicKey)
{
    public override string ToString() => PublicKey;
}
