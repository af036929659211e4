using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests;

/// <summary>Daemons that die, as a crash would have it.</summary>
internal static class Daemons
{
    /// <summary>Ends the home's daemon by SIGKILL.</summary>
    public static async Task EndAsync(TestHome home)
    {
        await new CommandRunner().RunAsync(new Command("kill", "-9", $"{home.DaemonProcess()}"));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (home.DaemonProcess() is not null)
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Runs a verb with a new daemon that dies at a point of it.</summary>
    public static async Task DieAtAsync(TestHome home, string point, params string[] verb)
    {
        await EndAsync(home);
        Command command = home.Describe(verb);
        CommandResult died = await new CommandRunner().RunAsync(command with { Environment = new Dictionary<string, string?>(command.Environment) { [FaultPoint.Variable] = point } });
        Assert.True(died.ExitCode is 1 or 3, $"{point}: {died.ExitCode} {died.Output}{died.Error}");
    }
}
