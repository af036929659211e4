using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Ssh;

/// <summary>The user's key for logging in to machines: where the private half lies, and the public half's one line.</summary>
public sealed record SshKeyPair(string PrivatePath, string PublicKey)
{
    /// <summary>The key at <paramref name="path"/>, made with ssh-keygen where there is none.</summary>
    /// <exception cref="QemuLabException">It cannot be made or read.</exception>
    public static async Task<SshKeyPair> EnsureAsync(string path, ICommandRunner runner, CancellationToken cancellation = default)
    {
        HostKeyPair key = await KeyFile.EnsureAsync(path, "qemulab", runner, cancellation);
        return new SshKeyPair(path, key.PublicKey + " qemulab");
    }
}
