using QemuLab.Api;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>What scp says, in our words.</summary>
internal static class CopyFailure
{
    /// <param name="machine">The machine that it was about.</param>
    /// <param name="target">The destination, as scp got it.</param>
    /// <param name="said">scp's standard error.</param>
    /// <param name="exitCode">scp's.</param>
    public static QemuLabException Of(MachineLoginView machine, string target, string said, int exitCode)
    {
        string[] lines = [.. said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line => line.StartsWith("scp: ", StringComparison.Ordinal) ? line["scp: ".Length..] : line)];
        string why = lines.FirstOrDefault(line => !line.StartsWith("lost connection", StringComparison.Ordinal)) ?? $"scp ended with {exitCode}";
        bool isUp = target.StartsWith(machine.Name + ":", StringComparison.Ordinal);
        string remote = isUp ? target[(machine.Name.Length + 1)..] : "";
        string? hint = why switch
        {
            _ when why.Contains("Permission denied", StringComparison.Ordinal) && isUp => $"{machine.SshUser ?? "the login user"} may not write there: copy to /tmp, then: qemulab exec {machine.Name} -- sudo mv …",
            _ when why.Contains("Permission denied", StringComparison.Ordinal) => $"read it as root: qemulab exec {machine.Name} -- sudo cat FILE",
            _ when why.Contains("No such file or directory", StringComparison.Ordinal) && isUp => $"the folder must be there: qemulab exec {machine.Name} -- mkdir -p {Engine.Hosts.ShellQuoting.Quote(Path.GetDirectoryName(remote) is { Length: > 0 } folder ? folder : remote)}",
            _ when why.Contains("not a regular file", StringComparison.Ordinal) || why.Contains("is a directory", StringComparison.OrdinalIgnoreCase) => "copy it with all that is in it: -r",
            _ when why.Contains("subsystem request failed", StringComparison.Ordinal) => $"its image has no SFTP server; send it as a stream: qemulab cp - {machine.Name}:FILE <FILE",
            _ when why.Contains("Connection", StringComparison.Ordinal) => $"see: qemulab logs {machine.Name}",
            _ => null,
        };
        return new QemuLabException(ErrorKind.Failed, "copy-failed", $"{machine.Name}: {(lines.Length > 1 ? string.Join("; ", lines.Distinct()) : why)}", hint);
    }
}
