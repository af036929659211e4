using System.CommandLine;
using QemuLab.Engine;
using QemuLab.Engine.Networks;

namespace QemuLab.Commands;

/// <summary><c>qemulab switch --directory RUN/LAB</c>: a lab's switch process, started by the daemon and hidden from the help.</summary>
internal static class SwitchCommand
{
    public const string Name = "switch";

    public static Command Create()
    {
        var directory = new Option<string>("--directory") { Description = "The lab's folder for sockets", Required = true };
        var command = new Command(Name, "Serves a lab's network") { directory };
        command.Hidden = true;
        command.SetAction(result => Run(result.GetRequiredValue(directory)));
        return command;
    }

    /// <summary>Returns when the switch has ended.</summary>
    private static int Run(string directory)
    {
        try
        {
            SwitchProcess.Run(new NetworkPaths(Path.GetFullPath(directory)));
            return 0;
        }
        catch (QemuLabException refused)
        {
            Console.Error.WriteLine($"error: {refused.Message}");
            return refused.Kind == ErrorKind.Conflict ? 6 : 1;
        }
    }
}
