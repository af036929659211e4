using QemuLab.Engine.Ssh;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Ssh;

public sealed class HostKeyOwnerTests
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl a comment";

    /// <summary>What <c>ssh-keygen -l</c> says of it.</summary>
    private const string Fingerprint = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU";

    private const string Quote = "Host key verification failed. (the key that was sent is " + Fingerprint + ")";

    [Fact]
    public void The_machine_is_found_by_the_fingerprint_that_ssh_tells()
    {
        using var machines = new TemporaryDirectory();
        foreach (string name in (string[])["web0", "web1", "web2"])
        {
            Directory.CreateDirectory(machines.File(name));
        }

        File.WriteAllText(Path.Combine(machines.File("web0"), "ssh_host_ed25519_key.pub"), "garbage");
        File.WriteAllText(Path.Combine(machines.File("web1"), "ssh_host_ed25519_key.pub"), Key);

        Assert.Equal(Fingerprint, HostKeyOwner.FingerprintOf(Key));
        Assert.Equal("web1", HostKeyOwner.Of(Quote, machines.File("web2")));
        Assert.Null(HostKeyOwner.Of(Quote, machines.File("web1")));
        Assert.Null(HostKeyOwner.Of("Host key verification failed.", machines.File("web2")));
        Assert.Null(HostKeyOwner.Of(null, machines.File("web2")));
        Assert.Null(HostKeyOwner.Of(Quote, "/nowhere/at/all"));
    }
}
