using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;
using Command = System.CommandLine.Command;

namespace QemuLab.Commands;

/// <summary><c>qemulab network-helper</c>: changes this host's network for a daemon that may not; started by sudo and hidden from the help.</summary>
internal static class NetworkHelperCommand
{
    public static Command Create()
    {
        var command = new Command(SudoersRule.Verb, "Changes this host's network for the daemon") { Hidden = true };
        command.SetAction(async (_, cancellation) =>
        {
            await using Stream input = Console.OpenStandardInput(), output = Console.OpenStandardOutput();
            try
            {
                await new NetworkHelperServer(new CommandRunner()).RunAsync(input, output, cancellation);
            }
            catch (Exception over) when (over is IOException or OperationCanceledException)
            {
                // The daemon has gone, and with it whoever would read an answer.
            }

            return 0;
        });
        return command;
    }
}
