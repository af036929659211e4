using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The rows of a disk.</summary>
internal static class DiskKeys
{
    public static Key<string> Name { get; } = new("name", Kinds.DiskName, Where.Disk, "The guest finds the disk as /dev/disk/by-id/virtio-NAME.") { IsRequired = true };

    public static Key<ByteSize> Size { get; } = new("size", Kinds.Size("1MiB", "64TiB"), Where.Disk, "With its unit: 10GiB.") { IsRequired = true };

    public static IReadOnlyList<Key> All { get; } = [Name, Size];
}

/// <summary>The rows of a user.</summary>
internal static class UserKeys
{
    public static Key<string> Name { get; } = new("name", Kinds.Login, Where.User, "The login name.") { IsRequired = true };

    public static Key<IReadOnlyList<Located<string>>> SshKeys { get; } = new(
        "sshKeys", Kinds.ListOf(Kinds.SshKey, "[ssh-ed25519 AAAA… alice@laptop]"), Where.User, "Public keys that may log in.");

    public static Key<bool> Sudo { get; } = new("sudo", Kinds.Boolean, Where.User, "May become root without a password.") { Default = "false" };

    public static Key<string> Shell { get; } = new("shell", Kinds.Shell, Where.User, "The login shell. Left out: as the image says.");

    public static IReadOnlyList<Key> All { get; } = [Name, SshKeys, Sudo, Shell];
}

/// <summary>The rows of <c>firmware</c> where it is a kernel of the user's.</summary>
internal static class KernelKeys
{
    public static Key<string> Kernel { get; } = new("kernel", Kinds.OneLine, Where.Kernel, "The kernel's file, relative to the lab file.") { IsRequired = true };

    public static Key<string> Initrd { get; } = new("initrd", Kinds.OneLine, Where.Kernel, "The initrd's file, relative to the lab file.");

    public static Key<string> Append { get; } = new("append", Kinds.OneLine, Where.Kernel, "The kernel's command line.");

    public static IReadOnlyList<Key> All { get; } = [Kernel, Initrd, Append];
}
