namespace QemuLab.Engine.Hosts;

/// <summary>What a builder of images needs on the host: each program with the Debian package that brings it. The builders themselves check it again.</summary>
/// <param name="Image">The image, or the family of images.</param>
/// <param name="NeedsNamespace">Whether it makes a user namespace where it is not run by root.</param>
/// <param name="Tools">Package and program.</param>
internal sealed record BuilderTools(string Image, bool NeedsNamespace, IReadOnlyList<(string Package, string Program)> Tools)
{
    public static readonly IReadOnlyList<BuilderTools> All =
    [
        new("micro", NeedsNamespace: false,
        [
            ("apt", "apt-get"), ("dpkg", "dpkg-deb"), ("binutils", "objcopy"), ("cpio", "cpio"), ("dosfstools", "mkfs.vfat"), ("e2fsprogs", "mkfs.ext4"),
            ("fdisk", "sfdisk"), ("kmod", "modprobe"), ("lz4", "lz4"), ("mtools", "mcopy"), ("qemu-utils", "qemu-img"), ("util-linux", "setsid"), ("gawk", "awk"),
        ]),
        new("debian-12-local", NeedsNamespace: true,
        [
            ("mmdebstrap", "mmdebstrap"), ("apt", "apt-get"), ("dosfstools", "mkfs.vfat"), ("e2fsprogs", "mkfs.ext4"), ("fdisk", "sfdisk"),
            ("mtools", "mcopy"), ("qemu-utils", "qemu-img"), ("util-linux", "unshare"),
        ]),
    ];

    /// <summary>For a user who is not root.</summary>
    public static readonly IReadOnlyList<(string Package, string Program)> ForNamespaces = [("uidmap", "newuidmap"), ("uidmap", "newgidmap")];
}
