using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Networks;

namespace QemuLab.Commands;

/// <summary><c>qemulab forward NAME 8080:80</c>: ports of this host that lead into a machine, for as long as the command runs.</summary>
internal static class ForwardCommand
{
    /// <summary>What ssh prints here once it is authenticated and the ports are bound.</summary>
    private const string IsUp = "@qemulab forwards";

    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine" }.Completes(WordKind.Machine);
        var ports = new Argument<string[]>("port") { Description = "HOST:GUEST, or one number for both; 0:GUEST takes any that is free; HOST:TARGET:PORT goes on to a host that the machine reaches", Arity = ArgumentArity.OneOrMore };
        return new Verb("forward", "Lead ports of this host into a machine until Ctrl-C", "port-forward")
        {
            Examples =
            [
                ("qemulab forward control0 8080:80", "http://127.0.0.1:8080 is port 80 of control0"),
                ("qemulab forward control0 6443 5432:db.internal:5432", "several; the second to a host behind the machine"),
            ],
            Arguments = { name, ports },
        }.Runs(parse =>
        {
            ForwardedPort[] forwards = [.. parse.GetRequiredValue(ports).Select(ForwardedPort.Parse).Select(Bound)];
            MachineLoginView machine = MachineNames.OneLogin(cli, parse.GetRequiredValue(name));
            Run(cli, machine, forwards);
        });
    }

    /// <summary>With a port of its own where any will do.</summary>
    /// <exception cref="QemuLabException">Its port is taken.</exception>
    private static ForwardedPort Bound(ForwardedPort forward) => forward switch
    {
        { Port: 0 } => forward with { Port = PortProbe.FindFree() },
        _ when PortProbe.IsFree(forward.Address, forward.Port, TransportProtocol.Tcp) => forward,
        _ => throw PortProbe.Taken(forward.Address, forward.Port, TransportProtocol.Tcp),
    };

    private static void Run(Cli cli, MachineLoginView machine, ForwardedPort[] forwards)
    {
        string config = GuestShell.ConfigOf(machine);
        // A connection of its own: over the shared one the ports would stay for as long as that does.
        string[] arguments =
        [
            "-F", config, "-N", "-T", "-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes",
            "-o", "PermitLocalCommand=yes", "-o", $"LocalCommand=echo {IsUp}", .. forwards.SelectMany(forward => (string[])["-L", forward.Rule]), machine.Name,
        ];
        bool isUp = false;
        using Process ssh = GuestShell.Start(new ProcessStartInfo("ssh", arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
        using var interrupts = new Interrupts(() => End(ssh));
        Task<string> said = ssh.StandardError.ReadToEndAsync();
        while (ssh.StandardOutput.ReadLine() is { } line)
        {
            if (line == IsUp && !isUp)
            {
                isUp = true;
                foreach (ForwardedPort forward in forwards)
                {
                    string target = forward.TargetHost == "localhost" ? machine.Name : $"{forward.TargetHost} by way of {machine.Name}";
                    cli.Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{forward.Address}:{forward.Port} leads to port {forward.TargetPort} of {target}"));
                }

                cli.Terminal.Out.Flush();
                cli.Terminal.Note("until Ctrl-C");
            }
        }

        ssh.WaitForExit();
        if (interrupts.HasEndedChild)
        {
            throw new OperationCanceledException();
        }

        throw isUp
            ? new QemuLabException(ErrorKind.Failed, "forward-ended", $"the connection to {machine.Name} has ended, and its forwards with it", $"see: qemulab info {machine.Name}")
            : new QemuLabException(ErrorKind.Failed, "forward-failed", $"{machine.Name}: {(said.GetAwaiter().GetResult().Trim() is { Length: > 0 } words ? words : "no connection")}", $"see: qemulab info {machine.Name}");
    }

    private static void End(Process ssh)
    {
        try
        {
            ssh.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
