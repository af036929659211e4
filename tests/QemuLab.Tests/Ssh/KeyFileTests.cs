using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Ssh;

/// <summary>Key files against a stand-in for ssh-keygen that writes a well-formed key of its own each time.</summary>
public sealed class KeyFileTests
{
    private static readonly byte[] Magic = [.. "openssh-key-v1\0"u8];

    private int made;

    private CommandResult MakeKey(Command command)
    {
        byte number = (byte)Interlocked.Increment(ref made);
        string path = command.Arguments[^1];
        File.WriteAllText(path, Pem(number));
        File.WriteAllText(path + ".pub", "x");
        return new CommandResult(0, "", "", TimedOut: false);
    }

    private static string Pem(byte number)
    {
        byte[] blob = [.. Field([.. "ssh-ed25519"u8]), .. Field([number, .. new byte[31]])];
        byte[] all = [.. Magic, .. Field([.. "none"u8]), .. Field([.. "none"u8]), .. Field([]), 0, 0, 0, 1, .. Field(blob), .. Field(new byte[64])];
        return $"-----BEGIN OPENSSH PRIVATE KEY-----\n{Convert.ToBase64String(all, Base64FormattingOptions.InsertLineBreaks)}\n-----END OPENSSH PRIVATE KEY-----\n";
    }

    private static byte[] Field(byte[] bytes) => [0, 0, 0, (byte)bytes.Length, .. bytes];

    [Fact]
    public async Task A_key_is_made_once_and_kept()
    {
        using var folder = new TemporaryFolder();
        var runner = new ScriptedRunner(MakeKey);
        string path = folder.File("deep/er/id_ed25519");

        SshKeyPair first = await SshKeyPair.EnsureAsync(path, runner);
        SshKeyPair again = await SshKeyPair.EnsureAsync(path, runner);

        Assert.Equal(first, again);
        Assert.Matches("^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEA[A-Za-z0-9+/=]+ qemulab$", first.PublicKey);
        Assert.Equal(["-q", "-t", "ed25519", "-N", "", "-C", "qemulab", "-f"], Assert.Single(runner.Asked).Arguments.SkipLast(1));
        Assert.Equal(["id_ed25519", "id_ed25519.pub"], Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Many_callers_at_once_get_one_and_the_same_key()
    {
        using var folder = new TemporaryFolder();
        var runner = new ScriptedRunner(MakeKey);

        SshKeyPair[] keys = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => SshKeyPair.EnsureAsync(folder.File("key"), runner))));

        Assert.Single(keys.Distinct());
    }

    [Fact]
    public async Task What_is_not_a_key_is_named_and_not_quoted()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("key"), "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n");

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => SshKeyPair.EnsureAsync(folder.File("key"), new ScriptedRunner(MakeKey)));

        Assert.Equal($"{folder.File("key")} is not an OpenSSH private key", fault.Message);
    }

    [Fact]
    public async Task When_the_tool_fails_its_words_are_quoted_and_nothing_is_left()
    {
        using var folder = new TemporaryFolder();

        QemuLabException fault = await Assert.ThrowsAsync<QemuLabException>(() => SshKeyPair.EnsureAsync(folder.File("key"), new ScriptedRunner(ScriptedRunner.Fails(1, "no space\n"))));

        Assert.Contains("no space", fault.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
