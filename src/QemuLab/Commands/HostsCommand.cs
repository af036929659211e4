using System.CommandLine;
using System.Net;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Commands;

/// <summary><c>qemulab hosts</c>: the labs' names for this host's /etc/hosts.</summary>
internal static class HostsCommand
{
    public static System.CommandLine.Command Create(Cli cli)
    {
        Argument<string?> lab = new Argument<string?>("lab") { Description = "Only this lab", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.Lab);
        var install = new Option<bool>("--install") { Description = "Keep the lines in /etc/hosts, between two comments (needs root)" };
        var remove = new Option<bool>("--remove") { Description = "Take the lines out of /etc/hosts again (needs root)" };
        return new Verb("hosts", "Print the labs' names for /etc/hosts of this host, or keep them there")
        {
            Examples = [("qemulab hosts", "print them"), ("qemulab hosts k8s --install", "keep them in /etc/hosts until: qemulab down"), ("qemulab hosts k8s --remove", "take them out again")],
            Arguments = { lab },
            Options = { install, remove },
        }.Runs(parse =>
        {
            if (parse.GetValue(install) && parse.GetValue(remove))
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "--install and --remove exclude each other");
            }

            if (parse.GetValue(remove) && parse.GetValue(lab) is { } gone)
            {
                // The lab may be gone already, and its lines with it only if it was taken down by root.
                Forget(gone);
                return;
            }

            string query = parse.GetValue(lab) is { } wanted ? "?lab=" + Uri.EscapeDataString(wanted) : "";
            foreach (IGrouping<string, NetworkDetailView> known in cli.Daemon.Get<IReadOnlyList<NetworkDetailView>>("/v1/networks" + query).GroupBy(network => network.Lab))
            {
                string[] lines = [.. known.SelectMany(Lines)];
                if (parse.GetValue(remove))
                {
                    Forget(known.Key);
                }
                else if (lines.Length == 0)
                {
                    cli.Terminal.Error.WriteLine($"note: the machines of {known.Key} have no addresses that this host reaches: its network is rootless, they answer on ports of 127.0.0.1");
                }
                else if (parse.GetValue(install))
                {
                    Change(known.Key, "--install", (text, name) => HostsFile.With(text, name, lines));
                }
                else
                {
                    cli.Terminal.Out.Write(HostsFile.With("", known.Key, lines));
                }
            }
        });
    }

    /// <summary>The network's machines and records where the host is on it; /etc/hosts has no wildcards.</summary>
    private static IEnumerable<string> Lines(NetworkDetailView network)
    {
        if (network.Mode is "user" or "isolated")
        {
            yield break;
        }

        foreach (NetworkMemberView member in network.Members)
        {
            yield return $"{member.Address} {member.Machine}.{network.Domain} {(network.Network == Engine.Networks.NetworkPlan.MainName ? member.Machine : "")}".TrimEnd();
        }

        foreach ((string name, string address) in network.Records.Where(record => !record.Key.StartsWith('*')))
        {
            yield return $"{IPAddress.Parse(address)} {name}";
        }
    }

    /// <summary>Takes the lab's lines out; nothing happens where there are none.</summary>
    /// <exception cref="QemuLabException">There are some, and this user may not change the file.</exception>
    internal static void Forget(string lab) => Change(lab, "--remove", HostsFile.Without);

    private static void Change(string lab, string option, Func<string, string, string> change)
    {
        try
        {
            string before = File.Exists(HostsFile.Path) ? File.ReadAllText(HostsFile.Path) : "";
            string after = change(before, lab);
            if (after != before)
            {
                // In place: in a container /etc/hosts is a mount of its own, which no rename can replace.
                File.WriteAllText(HostsFile.Path, after);
            }
        }
        catch (UnauthorizedAccessException)
        {
            string home = StatePaths.From(Environment.GetEnvironmentVariable).Home;
            throw new QemuLabException(ErrorKind.Failed, "hosts-not-writable", $"{HostsFile.Path} can be written by root only", $"run: sudo env QEMULAB_HOME={ShellQuoting.Quote(home)} qemulab hosts {lab} {option}");
        }
    }
}
