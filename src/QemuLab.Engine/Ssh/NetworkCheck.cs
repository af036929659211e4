using System.Globalization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Ssh;

/// <summary>
/// Asks every machine of a lab what it reaches: each other machine by address and by name, the host, and the names' server.
/// One SSH session a machine, all at once; each says at which step it stops.
/// </summary>
public sealed class NetworkCheck(StatePaths paths, ICommandRunner runner)
{
    private static readonly TimeSpan LeastLimit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// For any POSIX shell. Each line of input is KEY NIC-ADDRESS ADDRESS NAME (- for none); each line of output KEY and the first
    /// step that failed, or ok. All targets at once: on a translated guest one after another would take minutes.
    /// </summary>
    private const string Script = """
        try() {
          ip -o -4 address show 2>/dev/null | grep -q " $2/" || { echo "$1 nic"; return; }
          ping -c 1 -W 3 "$3" >/dev/null 2>&1 || ping -c 1 -W 3 "$3" >/dev/null 2>&1 || { echo "$1 address"; return; }
          [ "$4" = - ] || ping -c 1 -W 3 "$4" >/dev/null 2>&1 || { echo "$1 name"; return; }
          echo "$1 ok"
        }
        while read -r key nic address name; do try "$key" "$nic" "$address" "$name" & done
        wait
        """;

    /// <param name="lab">The lab as it is now.</param>
    /// <param name="impairments">What is made worse on purpose, by network name: it is expected not to work.</param>
    /// <param name="cancellation">Ends the asking.</param>
    public async Task<IReadOnlyList<NetworkCheckRow>> RunAsync(LabStatus lab, Func<string, NetworkImpairments> impairments, CancellationToken cancellation = default)
    {
        IReadOnlyList<NetworkCheckRow>[] rows = await Task.WhenAll(lab.Plan.Machines.Select(machine => AskAsync(lab, machine, impairments, cancellation)));
        return [.. rows.SelectMany(row => row)];
    }

    private async Task<IReadOnlyList<NetworkCheckRow>> AskAsync(LabStatus lab, MachinePlan machine, Func<string, NetworkImpairments> impairments, CancellationToken cancellation)
    {
        Target[] targets = [.. TargetsOf(lab, machine, impairments)];
        MachineStatus? status = lab.Machines.FirstOrDefault(known => known.Name == machine.Name);
        if (status is not { Phase: BootPhase.Ready })
        {
            bool isUp = status?.IsUp == true;
            string state = status is null ? "not there" : isUp ? "not ready" : status.State.ToString();
            return [.. targets.Select(target => (target with { Expected = target.Expected && isUp }).Row(machine, $"{machine.Name} cannot be asked: it is {state}"))];
        }

        if (impairments(machine.Nics[0].Network.Network).IsCutOff(machine.Name))
        {
            // SSH takes the same way: asking would only wait for its time limit.
            return [.. targets.Select(target => (target with { Expected = false }).Row(machine, $"{machine.Name} is cut off on purpose"))];
        }

        string input = string.Concat(targets.Select((target, i) => string.Create(CultureInfo.InvariantCulture, $"{i} {target.Nic.Address} {target.Address} {target.Name ?? "-"}\n")));
        Command command = SshCommand.For(paths.SshConfig(lab.Plan.Name), machine.Name, ["sh", "-c", Script], RemoteTerminal.No) with
        {
            Input = input,
            TimeLimit = LeastLimit + (TimeSpan.FromSeconds(1) * targets.Length),
        };
        CommandResult result = await runner.RunAsync(command, cancellation);
        Dictionary<string, string> steps = StepsOf(result.Output);
        string? unreachable = steps.Count > 0 ? null : $"{machine.Name} does not answer by SSH: {(result.TimedOut ? "it took too long" : result.Error.Trim())}";
        return [.. targets.Select((target, i) => target.Row(machine, unreachable ?? target.Explain(steps.GetValueOrDefault(i.ToString(CultureInfo.InvariantCulture)))))];
    }

    /// <summary>The last word on each target; a guest's login may print lines of its own in between.</summary>
    private static Dictionary<string, string> StepsOf(string output)
    {
        var steps = new Dictionary<string, string>();
        foreach (string[] words in output.Split('\n').Select(line => line.TrimEnd('\r').Split(' ')))
        {
            if (words is [var key, "ok" or "nic" or "address" or "name"])
            {
                steps[key] = words[1];
            }
        }

        return steps;
    }

    private static IEnumerable<Target> TargetsOf(LabStatus lab, MachinePlan machine, Func<string, NetworkImpairments> impairments)
    {
        foreach (NicPlan nic in machine.Nics)
        {
            NetworkImpairments worse = impairments(nic.Network.Network);
            foreach (NetworkHost host in nic.Network.Hosts.Where(host => host.Name != machine.Name))
            {
                bool isUp = lab.Machines.Any(known => known.Name == host.Name && known.IsUp);
                bool isApart = worse.Separates(machine.Name, host.Name);
                yield return new Target(nic, host.Name, host.Address.ToString(), nic.Network.IsMain ? host.Name : null, isUp && !isApart, isUp ? null : $"{host.Name} is not running");
            }

            if (nic.Network.Gateway is { } gateway)
            {
                yield return new Target(nic, "host", gateway.ToString(), null, !worse.IsCutOff(machine.Name), null);
            }
        }
    }

    /// <param name="Name">Null: by address only.</param>
    /// <param name="Because">Why it cannot work, where that is known.</param>
    private sealed record Target(NicPlan Nic, string To, string Address, string? Name, bool Expected, string? Because)
    {
        public NetworkCheckRow Row(MachinePlan from, string? stopsAt) => new(from.Name, To, Nic.Network.Network, Expected, stopsAt is null, stopsAt);

        /// <summary>What the script's word means; null: it works.</summary>
        public string? Explain(string? step) => step switch
        {
            "ok" => null,
            _ when Because is not null => Because,
            "nic" => $"its NIC has not the address {Nic.Address}: cloud-init's network-config was not applied",
            "address" => $"no answer from {Address}",
            "name" => $"{Address} answers, the name {Name} does not lead there",
            _ => "the machine gave no answer",
        };
    }
}
