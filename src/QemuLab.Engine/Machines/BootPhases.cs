using System.Globalization;

namespace QemuLab.Engine.Machines;

/// <summary>The boot phases in words.</summary>
public static class BootPhases
{
    /// <summary>Where the guest is and what it is waited for: "its SSH server answers, waiting for a login to work".</summary>
    public static string Describe(MachineStatus status) => status.Phase switch
    {
        not (BootPhase.None or BootPhase.Failed) when status.Stages is { Result: null } at => string.Create(CultureInfo.InvariantCulture, $"it is at stage {at.Current} ({at.Done + 1} of {at.Total})"),
        BootPhase.Process => "QEMU runs, nothing has been heard from the guest",
        BootPhase.Console => "the console speaks" + (status.Reason is { } at ? $" ({at})" : "") + ", waiting for its SSH server",
        BootPhase.Banner => "its SSH server answers, waiting for a login to work",
        BootPhase.Login => "a login works, waiting for cloud-init" + (status.Reason is { } stage ? $" ({stage})" : ""),
        BootPhase.Ready => "ready",
        BootPhase.Failed => status.Reason ?? "it will not become ready",
        _ => "it does not run",
    };

    /// <summary>The phase in a word or two, for a table: "booting", "cloud-init".</summary>
    public static string Word(BootPhase phase) => phase switch
    {
        BootPhase.Process => "starting",
        BootPhase.Console => "booting",
        BootPhase.Banner => "waiting for login",
        BootPhase.Login => "cloud-init",
        BootPhase.Ready => "ready",
        BootPhase.Failed => "not ready",
        _ => "",
    };
}
