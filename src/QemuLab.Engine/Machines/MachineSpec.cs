using System.Net;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Disks;
using QemuLab.Engine.Networks;
using QemuLab.Engine.Stages;

namespace QemuLab.Engine.Machines;

/// <summary>A machine as the lab file asks for it, with its group's and the lab's defaults already applied.</summary>
public sealed record MachineSpec
{
    public required MachineName Name { get; init; }

    /// <summary>The group that it belongs to; a group without a count has one machine of the group's name.</summary>
    public required MachineName Group { get; init; }

    /// <summary>The name of an image of the catalogue.</summary>
    public required string Image { get; init; }

    public required int Cpus { get; init; }

    public required ByteSize Memory { get; init; }

    /// <summary>What its memory can become while it runs; null: it is fixed at its start.</summary>
    public ByteSize? MaxMemory { get; init; }

    /// <summary>The root disk's size; null: the image's default.</summary>
    public ByteSize? Disk { get; init; }

    public IReadOnlyList<DiskSpec> Disks { get; init; } = [];

    public FirmwareSpec Firmware { get; init; } = new FirmwareSpec.ImageDefault();

    /// <summary>QEMU's CPU model; null: the one that the accelerator's probe found to work.</summary>
    public string? CpuModel { get; init; }

    /// <summary>The fixed address; null: the planner gives the next free one.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>On further networks, in the order of eth1, eth2, ….</summary>
    public IReadOnlyList<NicSpec> Nics { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<PortForward> Ports { get; init; } = [];

    /// <summary>The users' cloud-config documents, from the lab's defaults to the machine's own; merged in this order.</summary>
    public IReadOnlyList<UserDataPart> UserData { get; init; } = [];

    /// <summary>Users to make beside the login user.</summary>
    public IReadOnlyList<UserSpec> Users { get; init; } = [];

    /// <summary>Public keys (OpenSSH one-line form) that may log in as the login user, beside QemuLab's own.</summary>
    public IReadOnlyList<string> SshKeys { get; init; } = [];

    /// <summary>The package mirror that the guest's apt uses, or null.</summary>
    public string? PackageMirror { get; init; }

    /// <summary>The HTTP proxy that the guest's apt uses, or null.</summary>
    public string? Proxy { get; init; }

    /// <summary>Arguments handed to QEMU as they are, for what the lab file has no word for.</summary>
    public IReadOnlyList<string> QemuArgs { get; init; } = [];

    /// <summary>What must have come up before it is started; no machine depends on itself by any way.</summary>
    public IReadOnlyList<Dependency> DependsOn { get; init; } = [];

    /// <summary>Null where it has none.</summary>
    public HealthCheck? HealthCheck { get; init; }

    /// <summary>What its serial console is to show from each start of QEMU on, and what is done then; in this order.</summary>
    public IReadOnlyList<Stage> Stages { get; init; } = [];

    /// <summary>Who says that it is ready.</summary>
    public ReadyBy Ready { get; init; }

    /// <summary>Started by the daemon after each start of the host.</summary>
    public bool Autostart { get; init; }

    /// <summary>When it runs without being told to.</summary>
    public RunStrategy RunStrategy { get; init; }

    /// <summary>It has a port for a guest agent.</summary>
    public bool GuestAgent { get; init; } = true;

    /// <summary>What happens when the guest no longer feeds its watchdog; it has none unless one is asked for.</summary>
    public WatchdogAction Watchdog { get; init; }

    /// <summary>It has a graphics card, and a VNC server that can be told to listen.</summary>
    public bool Display { get; init; }

    /// <summary>How long a stop waits for the guest before it is ended.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>A NIC on one of the lab's further networks.</summary>
/// <param name="Address">The fixed address; null: the planner gives the next free one.</param>
public sealed record NicSpec(string Network, IPAddress? Address);

/// <summary>A user of the guest beside the login user.</summary>
/// <param name="Name">A POSIX login name.</param>
/// <param name="SshKeys">Public keys that may log in.</param>
/// <param name="Sudo">May become root without a password.</param>
/// <param name="Shell">The login shell, or null for the image's.</param>
public sealed record UserSpec(string Name, IReadOnlyList<string> SshKeys, bool Sudo, string? Shell);
