using System.Globalization;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>Runs programs in a namespace as a user who is not root, with a tap device such as udev gives to everybody.</summary>
/// <param name="host">The namespace.</param>
/// <param name="rights">Further arguments of setpriv.</param>
internal sealed class UnprivilegedRunner(NetworkNamespace host, params string[] rights) : ICommandRunner
{
    /// <summary>Debian's nobody, and its group.</summary>
    public const uint User = 65_534;

    /// <summary>In a mount namespace that ip netns exec makes: nothing of it is left when the program has ended.</summary>
    private const string WithTapDevice = """
        set -e
        mount -t tmpfs -o mode=0755 tmpfs /dev/net
        mknod -m 0666 /dev/net/tun c 10 200
        exec "$@"
        """;

    public Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default)
    {
        string id = User.ToString(CultureInfo.InvariantCulture);
        string[] asUser = ["-c", WithTapDevice, "sh", "setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups", .. rights, "--", command.Program];
        return host.RunAsync(command with { Program = "sh", Arguments = [.. asUser, .. command.Arguments] }, cancellation);
    }

    /// <summary>Makes a home the user's own, with a copy of the micro image; the images of all tests belong to root.</summary>
    public async Task OwnAsync(TestHome home)
    {
        // Inside there is no way to a package mirror.
        await using (var outside = new TestHome())
        {
            await outside.OutputAsync("image", "pull", "micro");
        }

        string images = Path.Combine(home.Path, "images");
        File.Delete(images);
        Directory.CreateDirectory(images);
        await host.RunAsync("cp", "--recursive", "--reflink=auto", Path.Combine(TestHome.SharedImages, "micro"), images);
        await host.RunAsync("chown", "--recursive", string.Create(CultureInfo.InvariantCulture, $"{User}:{User}"), home.Path);
    }
}
