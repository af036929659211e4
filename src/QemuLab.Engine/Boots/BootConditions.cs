using System.Globalization;
using System.Text.RegularExpressions;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Boots;

/// <summary>What explains a wait and stands in no line of a console: answers that do not come, and silence.</summary>
internal static partial class BootConditions
{
    /// <summary>A guest that has written something so lately gets on.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(15);

    /// <summary>A server that is started comes up within this of the prompt on the console; and a boot loader speaks within it.</summary>
    private static readonly TimeSpan PromptPatience = TimeSpan.FromSeconds(10);

    /// <summary>A translated Debian whose kernel is quiet says nothing for so long.</summary>
    private static readonly TimeSpan QuietBoot = TimeSpan.FromMinutes(2);

    private const int PromptLines = 3;

    internal const string CloudInitFailed = "cloud-init-failed", NoOutput = "no-output", AddressTaken = "address-taken";

    public static IEnumerable<BootFinding> Of(BootEvidence evidence) =>
        ((BootFinding?[])[CloudInit(evidence), Login(evidence), Prompt(evidence), BootSector(evidence), SerialConsole(evidence), Output(evidence)]).OfType<BootFinding>();

    /// <summary>What is left to say where nothing is wrong.</summary>
    public static BootFinding Progress(BootEvidence evidence) => evidence.Silence < Lately
        ? new BootFinding(
            "slow", BootFindingKind.Note, $"nothing is wrong as far as it tells: it is slow, and has moved {Seconds(evidence.Silence)} ago", $"give it time: qemulab wait {evidence.Machine}", evidence.LastLine)
        : new BootFinding(
            "silent", BootFindingKind.Note, $"it has written nothing for {Seconds(evidence.Silence)}, and said nothing of a fault", $"watch it: qemulab logs -f {evidence.Machine}", evidence.LastLine);

    private static BootFinding? CloudInit(BootEvidence evidence) => evidence.Boot is { CloudInitErrors: [string first, ..] }
        ? new BootFinding(
            CloudInitFailed, BootFindingKind.Fault, "cloud-init has failed", $"what it printed: qemulab ssh {evidence.Machine} -- sudo tail -n 50 /var/log/cloud-init-output.log; the user-data is the lab file's userData", first)
        : null;

    private static BootFinding? Login(BootEvidence evidence)
    {
        if (evidence.IsOver || evidence.Boot?.LoginFailure is not { } quote || evidence.Has(BootStage.Login))
        {
            return null;
        }

        LoginFailure failure = LoginFailure.From(0, quote);
        if (failure.Kind == LoginFailureKind.HostKey && evidence.AnsweredBy is { } other)
        {
            return new BootFinding(
                AddressTaken, BootFindingKind.Fault, $"{other} answers at its address: two machines have the same one",
                $"who has it: qemulab network check; what gives {other} the address? qemulab exec {other} -- ip addr", quote);
        }

        (string code, BootFindingKind kind, string meaning) = failure.Kind switch
        {
            LoginFailureKind.HostKey => ("host-key-differs", BootFindingKind.Fault, "the SSH server has another host key than the one that was made for it"),
            LoginFailureKind.Denied => ("login-denied", BootFindingKind.Fault, "the SSH server does not let our key in"),
            LoginFailureKind.Booting => ("pam-nologin", BootFindingKind.Note, "the SSH server answers, and systemd lets nobody in before its start is done"),
            _ => ("login-lost", BootFindingKind.Fault, "the SSH server answers, and no session comes about"),
        };
        return new BootFinding(code, kind, meaning, Requirement.Login.Hint(evidence.Machine, failure), quote);
    }

    private static BootFinding? Prompt(BootEvidence evidence) =>
        !evidence.IsOver && evidence.Boot?.IsBeyond(BootStage.Sshd) == false && evidence.Silence >= PromptPatience && evidence.Console.TakeLast(PromptLines).LastOrDefault(line => Prompts().IsMatch(line)) is { } prompt
            ? new BootFinding(
                "no-ssh", BootFindingKind.Fault, "it is up as far as a login on the console, and no SSH server answers",
                $"is one in the image, and started at boot? Is its network up? On the console: qemulab logs {evidence.Machine}", prompt)
            : null;

    private static BootFinding? BootSector(BootEvidence evidence) =>
        !evidence.IsOver && evidence.Silence >= PromptPatience && evidence.Console is [.., var last] && last.StartsWith("Booting from Hard Disk", StringComparison.Ordinal)
            ? new BootFinding(
                "boot-sector-silent", BootFindingKind.Fault, "the BIOS has started the first sector of the disk, and nothing has come of it",
                $"is it an image that boots by BIOS, and does it write to the serial console? Else: firmware: uefi in the lab file, then: qemulab restart {evidence.Machine}", last)
            : null;

    private static BootFinding? SerialConsole(BootEvidence evidence) =>
        evidence is { IsOver: false, Console: [], Firmware: FirmwarePlan.DirectKernel { Append: var append } } && !append.Contains("console=ttyS", StringComparison.Ordinal) && !append.Contains("console=ttyAMA", StringComparison.Ordinal)
            ? new BootFinding("no-serial-console", BootFindingKind.Warning, "the kernel's command line names no serial console, so that nothing it does can be seen", "add console=ttyS0 to firmware.append in the lab file", append.Length == 0 ? null : append)
            {
                ExplainsFaults = !evidence.IsBeyond(BootStage.Firmware), // the silence, which is a fault after a while
            }
            : null;

    private static BootFinding? Output(BootEvidence evidence) => !evidence.IsOver && evidence.Console is [] && !evidence.IsBeyond(BootStage.Firmware)
        ? new BootFinding(
            NoOutput, evidence.Elapsed < QuietBoot ? BootFindingKind.Note : BootFindingKind.Fault, $"nothing has been heard from the guest in {Seconds(evidence.Elapsed)}", Unheard(evidence))
        : null;

    private static string Unheard(BootEvidence evidence) => evidence.Firmware switch
    {
        _ when evidence.Elapsed < Lately => $"give it time: qemulab wait {evidence.Machine}",
        FirmwarePlan.DirectKernel => $"a kernel that is told to be quiet says nothing at first; else is it one for this architecture? qemulab logs -f {evidence.Machine}",
        FirmwarePlan.Uefi => $"a firmware with too little memory stops without a word: give it 256MiB or more; qemulab logs --qemu {evidence.Machine}",
        _ => $"does the image write to the serial console (console=ttyS0)? qemulab logs --qemu {evidence.Machine}",
    };

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalSeconds):0} s");

    [GeneratedRegex(@" login:$|^login:$|^Please press Enter to activate this console")]
    private static partial Regex Prompts();
}
