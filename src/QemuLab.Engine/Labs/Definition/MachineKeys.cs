using System.Net;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The rows that describe machines. The nearest one counts: machine, then group, then defaults; lists are appended in the other direction.</summary>
internal static class MachineKeys
{
    private const Where LabAndMachines = Where.Lab | Where.Machines;

    public static Key<string> Image { get; } = new("image", Kinds.OneLine, LabAndMachines, "The image that the machines start from. `qemulab image list` lists them.");

    public static Key<int> Cpus { get; } = new("cpus", Kinds.WholeNumber(1, 255), Where.Machines, "Virtual CPUs.") { Default = "1" };

    public static Key<ByteSize> Memory { get; } = new("memory", Kinds.Size("16MiB", "4TiB"), Where.Machines, "Memory, with its unit: 512MiB, 2GiB. Images have a minimum.") { Default = "1GiB" };

    public static Key<ByteSize> MaxMemory { get; } = new(
        "maxMemory", Kinds.Size("16MiB", "4TiB"), Where.Machines, "The most memory that it can be given while it runs. The guest boots with so much, and its balloon driver gives back what is over `memory`. Left out: another `memory` needs a restart.");

    public static Key<ByteSize> Disk { get; } = new("disk", Kinds.Size("16MiB", "64TiB"), Where.Machines, "The root disk's size; the guest grows its file system into it. Left out: as the image says.");

    public static Key<IReadOnlyList<Located<Section>>> Disks { get; } = new(
        "disks", Kinds.ListOf(Objects.Disk, "[{ name: data, size: 10GiB }]"), Where.Machines, "Further, empty disks. The guest finds one as /dev/disk/by-id/virtio-NAME.");

    public static Key<FirmwareSpec> Firmware { get; } = new(
        "firmware", new FirmwareKind(), Where.Machines, "How it starts: uefi, bios, kernel (the image's own, the fastest), or a kernel of yours. Left out: as the image says.");

    public static Key<string> CpuModel { get; } = new(
        "cpuModel", Kinds.CpuModel, Where.Machines, "QEMU's CPU model, with features after commas if need be. Left out: the best one that this host runs.");

    public static Key<IPAddress> Address { get; } = new(
        "address", Kinds.Address, Where.Group | Where.Machine, "The fixed address; the machines of a group count up from it. Left out: the next free one.");

    public static Key<IReadOnlyList<Located<Section>>> Networks { get; } = new(
        "networks", Kinds.ListOf(Objects.Nic, "[{ name: storage }]"), Where.Machines, "Further NICs: the lab's networks that they are on, in the order of eth1, eth2, ….");

    public static Key<IReadOnlyList<Named<string>>> Labels { get; } = new(
        "labels",
        new MapKind<string>(Kinds.LabelValue, "label", Kinds.LabelNameForm(), "letters, digits, '.', '_', '-' and '/', at most 63"),
        Where.Machines,
        "Words of yours to choose machines by.");

    public static Key<IReadOnlyList<Located<PortForward>>> Ports { get; } = new(
        "ports",
        Kinds.ListOf(Kinds.Port, "[\"8080:80\"]"),
        Where.Group | Where.Machine,
        "Host ports that lead to the machine: \"8080:80\", \"127.0.0.1:5353:53/udp\". The host listens at 127.0.0.1 unless an address is given; the machines of a group count up from the host port.");

    public static Key<YamlValue> UserData { get; } = new(
        "userData",
        new UserDataKind(),
        Where.Machines,
        "cloud-init user-data: a file's name, a text that begins with #cloud-config or #!, or the cloud-config itself. Defaults', group's and machine's are merged in this order, lists appended. "
            + "Substituted are ${lab.name}, ${lab.domain}, ${machine.name}, ${machine.group}, ${machine.index}, ${machine.address} and ${parameters.NAME}, and nothing else.");

    public static Key<IReadOnlyList<Located<Section>>> Users { get; } = new(
        "users", Kinds.ListOf(Objects.User, "[{ name: alice }]"), LabAndMachines, "Users to make beside the login user.");

    public static Key<IReadOnlyList<Located<string>>> SshKeys { get; } = new(
        "sshKeys", Kinds.ListOf(Kinds.SshKey, "[ssh-ed25519 AAAA… alice@laptop]"), LabAndMachines, "Public keys that may log in as the login user, beside QemuLab's own.");

    public static Key<string> PackageMirror { get; } = new("packageMirror", Kinds.Url, LabAndMachines, "The package mirror of the guests, for hosts without the internet.");

    public static Key<string> Proxy { get; } = new("proxy", Kinds.Url, LabAndMachines, "The HTTP proxy of the guests' package manager.");

    public static Key<TimeSpan> GracePeriod { get; } = new("gracePeriod", Kinds.Duration, Where.Machines, "How long a stop waits for the guest before it is ended: 60s, 2m.") { Default = "60s" };

    public static Key<bool> Autostart { get; } = new(
        "autostart", Kinds.Boolean, LabAndMachines, "Start it with the host: when the daemon first starts after the host has, whether it ran before or not.")
    { Default = "false" };

    public static Key<RunStrategy> RunStrategy { get; } = new(
        "runStrategy",
        new EnumKind<RunStrategy>(),
        LabAndMachines,
        "When it runs without being told to, as KubeVirt has it. Manual: never; Always: whatever ends it, it is started again; RerunOnFailure: unless its guest shut down; Halted: it is not launched; Once: it is launched once.")
    { Default = "Manual" };

    public static Key<IReadOnlyList<DependencyText>> DependsOn { get; } = new(
        "dependsOn",
        new DependsOnKind(),
        Where.Group | Where.Machine,
        "Machines and groups that must have come up before it is started, and that are stopped after it: gateway, [gateway, { control: healthy }]. The group's and the machine's own count together.");

    public static Key<Section> HealthCheck { get; } = new(
        "healthCheck", Objects.HealthCheck, Where.Machines, "How it is asked whether it does what it is there for, while machines wait that depend on it with the condition healthy.");

    public static Key<IReadOnlyList<Located<Section>>> Stages { get; } = new(
        "stages",
        Kinds.ListOf(Objects.Stage, "[{ name: login, expect: \"login: $\", send: \"root\\n\" }]"),
        Where.Machines,
        "What the serial console is to show from each start of QEMU on, one after the other, and what is done then. So is driven and judged what has no SSH server: an installer, a board's image. A nearer list takes the place of a farther one.");

    public static Key<string> Ready { get; } = new(
        "ready", Kinds.Word("login", "stages"), Where.Machines, "Who says that it is ready: a login by SSH (and its stages, where it has some), or its stages alone.")
    { Default = "login" };

    public static Key<bool> GuestAgent { get; } = new(
        "guestAgent", Kinds.Boolean, Where.Machines, "A port for a guest agent. Where the guest runs qemu-guest-agent, it is shut down and told the time through it.")
    { Default = "true" };

    public static Key<string> Watchdog { get; } = new(
        "watchdog", Kinds.Word("reset", "poweroff", "pause", "none"), Where.Machines, "A watchdog (Intel 6300ESB), and what happens to the machine when its guest no longer feeds it. The guest's kernel needs the driver i6300esb, which Debian's cloud kernel lacks.")
    { Default = "none" };

    public static Key<bool> Display { get; } = new(
        "display", Kinds.Boolean, Where.Machines, "A graphics card, for `qemulab screenshot`, `qemulab vnc` and `qemulab send-key`. Without one a machine starts a little faster.")
    { Default = "false" };

    public static Key<IReadOnlyList<Located<string>>> QemuArgs { get; } = new(
        "qemuArgs", Kinds.ListOf(Kinds.OneLine, "[-device, virtio-balloon-pci]"), Where.Machines, "Arguments handed to QEMU as they are, for what the lab file has no word for.");

    public static IReadOnlyList<Key> All { get; } =
    [
        Image, Cpus, Memory, MaxMemory, Disk, Disks, Firmware, CpuModel, Address, Networks, Labels, Ports, UserData, Users, SshKeys, PackageMirror, Proxy, GracePeriod, Autostart, RunStrategy, DependsOn, HealthCheck, GuestAgent, Watchdog, Display, QemuArgs,
        Stages, Ready,
    ];
}
