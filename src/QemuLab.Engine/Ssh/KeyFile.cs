using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Ssh;

/// <summary>An ed25519 key pair on disk, made by ssh-keygen the first time that it is asked for.</summary>
internal static class KeyFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// The private key's text. Any number of callers may come at once, in any number of processes: each makes a key in a
    /// folder of its own, and linking it into place succeeds for one of them.
    /// </summary>
    /// <exception cref="QemuLabException">ssh-keygen failed, or what lies there is not a key.</exception>
    public static async Task<HostKeyPair> EnsureAsync(string path, string comment, ICommandRunner runner, CancellationToken cancellation)
    {
        if (!File.Exists(path))
        {
            await MakeAsync(path, comment, runner, cancellation);
        }

        string text = await File.ReadAllTextAsync(path, cancellation);
        if (!OpenSshKey.TryReadPublic(text, out string? publicKey))
        {
            throw new QemuLabException(ErrorKind.Failed, "ssh-key-unreadable", $"{path} is not an OpenSSH private key", $"move {path} away: a new one is made at the next launch");
        }

        return new HostKeyPair(text, publicKey);
    }

    private static async Task MakeAsync(string path, string comment, ICommandRunner runner, CancellationToken cancellation)
    {
        string folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder, OwnerOnly);
        string workshop = Path.Combine(folder, $".new-{Guid.NewGuid():N}");
        Directory.CreateDirectory(workshop, OwnerOnly);
        try
        {
            string fresh = Path.Combine(workshop, "key");
            CommandResult made = await runner.RunAsync(
                new Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", fresh) { TimeLimit = TimeSpan.FromSeconds(30) }, cancellation);
            if (!made.Succeeded)
            {
                throw new QemuLabException(ErrorKind.Failed, "ssh-keygen-failed", $"ssh-keygen could not make {path}: {made.Error.Trim()}", "run: qemulab doctor");
            }

            if (AtomicFile.TryPlace(fresh, path))
            {
                // A convenience for people; everything here derives the public key from the private one.
                File.Move(fresh + ".pub", path + ".pub", overwrite: true);
            }
        }
        finally
        {
            Directory.Delete(workshop, recursive: true);
        }
    }
}
