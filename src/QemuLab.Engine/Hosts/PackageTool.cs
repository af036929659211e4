namespace QemuLab.Engine.Hosts;

/// <summary>What installs packages on this host.</summary>
public enum PackageTool
{
    Unknown,
    Apt,
    Dnf,
    Pacman,
    Zypper,
    Brew,
}

/// <summary>The packages' names and the commands that install them.</summary>
internal static class Packages
{
    /// <summary>A program or file that is needed at run time, and the package that brings it.</summary>
    private static readonly Dictionary<(string Thing, PackageTool Tool), string> Names = new()
    {
        [("qemu-x64", PackageTool.Apt)] = "qemu-system-x86",
        [("qemu-x64", PackageTool.Dnf)] = "qemu-system-x86-core",
        [("qemu-x64", PackageTool.Pacman)] = "qemu-system-x86",
        [("qemu-x64", PackageTool.Zypper)] = "qemu-x86",
        [("qemu-arm64", PackageTool.Apt)] = "qemu-system-arm",
        [("qemu-arm64", PackageTool.Dnf)] = "qemu-system-aarch64-core",
        [("qemu-arm64", PackageTool.Pacman)] = "qemu-system-aarch64",
        [("qemu-arm64", PackageTool.Zypper)] = "qemu-arm",
        [("qemu-img", PackageTool.Apt)] = "qemu-utils",
        [("qemu-img", PackageTool.Dnf)] = "qemu-img",
        [("qemu-img", PackageTool.Pacman)] = "qemu-img",
        [("qemu-img", PackageTool.Zypper)] = "qemu-img",
        [("firmware-x64", PackageTool.Apt)] = "ovmf",
        [("firmware-x64", PackageTool.Dnf)] = "edk2-ovmf",
        [("firmware-x64", PackageTool.Pacman)] = "edk2-ovmf",
        [("firmware-x64", PackageTool.Zypper)] = "qemu-ovmf-x86_64",
        [("firmware-arm64", PackageTool.Apt)] = "qemu-efi-aarch64",
        [("firmware-arm64", PackageTool.Dnf)] = "edk2-aarch64",
        [("firmware-arm64", PackageTool.Pacman)] = "edk2-aarch64",
        [("firmware-arm64", PackageTool.Zypper)] = "qemu-uefi-aarch64",
        [("ssh", PackageTool.Apt)] = "openssh-client",
        [("ssh", PackageTool.Dnf)] = "openssh-clients",
        [("ssh", PackageTool.Pacman)] = "openssh",
        [("ssh", PackageTool.Zypper)] = "openssh-clients",
    };

    /// <summary>Such as <c>sudo apt-get install -y ovmf</c>.</summary>
    public static string Fix(PackageTool tool, params ReadOnlySpan<string> things)
    {
        List<string> names = [];
        foreach (string thing in things)
        {
            names.Add(tool == PackageTool.Brew ? (thing == "ssh" ? "openssh" : "qemu") : Names.GetValueOrDefault((thing, tool), thing));
        }

        return Install(tool, names.Distinct());
    }

    public static string Install(PackageTool tool, IEnumerable<string> packages)
    {
        string list = string.Join(' ', packages);
        return tool switch
        {
            PackageTool.Apt => $"sudo apt-get install -y --no-install-recommends {list}",
            PackageTool.Dnf => $"sudo dnf install -y {list}",
            PackageTool.Pacman => $"sudo pacman -S --needed {list}",
            PackageTool.Zypper => $"sudo zypper install -y {list}",
            PackageTool.Brew => $"brew install {list}",
            _ => $"install: {list}",
        };
    }

    public static PackageTool Of(IReadOnlySet<string> programs, HostPlatform platform) => platform == HostPlatform.MacOS ? PackageTool.Brew
        : programs.Contains("apt-get") ? PackageTool.Apt
        : programs.Contains("dnf") ? PackageTool.Dnf
        : programs.Contains("pacman") ? PackageTool.Pacman
        : programs.Contains("zypper") ? PackageTool.Zypper
        : PackageTool.Unknown;
}
