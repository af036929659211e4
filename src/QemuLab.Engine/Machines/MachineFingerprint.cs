using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Machines;

/// <summary>
/// What a machine is started with, as one hash: its command line and what the user asks of the guest. Two equal fingerprints
/// mean that a restart would change nothing.
/// </summary>
public static class MachineFingerprint
{
    public static string Of(MachinePlan plan, HostFacts host)
    {
        var text = new StringBuilder();
        foreach (string argument in QemuCommandLine.For(plan, host).ToArgv())
        {
            text.Append(argument).Append('\0');
        }

        text.Append(plan.LoginUser).Append('\0').Append(plan.Address).Append('\0').Append(plan.Spec.PackageMirror).Append('\0').Append(plan.Spec.Proxy).Append('\0');
        text.AppendJoin('\0', plan.Spec.SshKeys).Append('\0');
        text.AppendJoin('\0', plan.Spec.Users.Select(user => $"{user.Name} {user.Sudo} {user.Shell} {string.Join(' ', user.SshKeys)}")).Append('\0');
        text.AppendJoin('\0', plan.Spec.UserData.Select(part => part.Text)).Append('\0');
        text.AppendJoin('\0', plan.Spec.Ports);
        if (plan.VirtualIp is { } part)
        {
            text.Append('\0').Append(ConfigWriter.Write(VirtualIpUserData.For(part, plan)));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..32];
    }
}
