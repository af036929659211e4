using System.CommandLine;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Engine.Networks;

namespace QemuLab.Commands;

/// <summary><c>qemulab network sudoers</c>: what an administrator allows once, so that a user's labs may have bridges.</summary>
internal static class NetworkSudoersCommand
{
    public static Command Create(Cli cli) => new Verb("sudoers", "Print the rule for sudo that lets this user's labs have bridges, while daemon and QEMU stay without rights")
    {
        Examples = [("qemulab network sudoers", "read it"), ("qemulab network sudoers | sudo tee /etc/sudoers.d/qemulab-$USER", "allow it, from now on")],
    }.Runs(_ =>
    {
        TapOwner user = TapOwner.Current;
        if (!OperatingSystem.IsLinux() || user.Id == 0)
        {
            throw new QemuLabException(ErrorKind.Usage, "usage", user.Id == 0 ? "root needs no rule: run this as the user whose labs shall have bridges" : "bridges are made on Linux only");
        }

        cli.Terminal.Out.Write(SudoersRule.TextFor(user, TapOwner.CurrentGroup, OwnProgram.Find()));
        if (cli.Terminal.Width is not null)
        {
            string path = SudoersRule.PathFor(user.Name);
            cli.Terminal.Note($"allow it by: qemulab network sudoers | sudo tee {path}");
            cli.Terminal.Note($"take it back by: sudo rm {path}");
        }
    });
}
