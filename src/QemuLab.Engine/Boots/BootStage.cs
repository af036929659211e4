using System.Text.Json.Serialization;

namespace QemuLab.Engine.Boots;

/// <summary>How far a boot has come, finer than a machine's phase. Each is reached by evidence: a line of the console, or an answer of the guest's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BootStage>))]
public enum BootStage
{
    /// <summary>QEMU runs, and the guest is silent: a firmware or a kernel that writes nothing is in it.</summary>
    Process,

    Firmware,

    BootLoader,

    Kernel,

    Initramfs,

    /// <summary>The first process of the system on the root disk.</summary>
    Init,

    CloudInitLocal,

    CloudInitNetwork,

    CloudInitConfig,

    CloudInitFinal,

    /// <summary>The SSH server has sent its banner.</summary>
    Sshd,

    /// <summary>A login works.</summary>
    Login,

    Ready,
}

/// <summary>The stages in words.</summary>
public static class BootStages
{
    public static string Word(BootStage stage) => stage switch
    {
        BootStage.Process => "process",
        BootStage.Firmware => "firmware",
        BootStage.BootLoader => "boot loader",
        BootStage.Kernel => "kernel",
        BootStage.Initramfs => "initramfs",
        BootStage.Init => "init",
        BootStage.CloudInitLocal => "cloud-init local",
        BootStage.CloudInitNetwork => "cloud-init network",
        BootStage.CloudInitConfig => "cloud-init config",
        BootStage.CloudInitFinal => "cloud-init final",
        BootStage.Sshd => "sshd",
        BootStage.Login => "login",
        BootStage.Ready => "ready",
        _ => throw new ArgumentOutOfRangeException(nameof(stage)),
    };

    /// <summary>cloud-init's own word for what it is at, as its <c>status.json</c> has it; null for one that is not known.</summary>
    public static BootStage? OfCloudInit(string word) => word switch
    {
        "init-local" => BootStage.CloudInitLocal,
        "init" or "init-network" => BootStage.CloudInitNetwork,
        "modules-config" or "modules:config" => BootStage.CloudInitConfig,
        "modules-final" or "modules:final" => BootStage.CloudInitFinal,
        _ => null,
    };

    /// <summary>What the guest's own way through its boot tells, and not an answer to us: these come in their order, beside the others.</summary>
    internal static bool IsInside(BootStage stage) => stage < BootStage.Sshd;
}
