using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Ssh;

/// <summary>Asks and tells a virtual IP's gateways, over SSH: what their kernels balance, and which backend is to rest.</summary>
public sealed class VirtualIpGateways(StatePaths paths, ICommandRunner runner)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Every gateway's view; one that cannot be asked says why.</summary>
    /// <exception cref="QemuLabException">The lab has no virtual IP.</exception>
    public async Task<VirtualIpStatus> ShowAsync(LabStatus lab, CancellationToken cancellation = default)
    {
        VirtualIp ip = Of(lab);
        VirtualIpGatewayStatus[] gateways = await Task.WhenAll(ip.Gateways.Select(gateway => ShowAsync(lab, ip, gateway.Machine, cancellation)));
        return new VirtualIpStatus(lab.Name, $"{ip.Address}:{ip.Port}", $"{ip.Name}.{lab.Plan.Network.Domain}", ip.Scheduler, gateways);
    }

    /// <summary>Takes a backend out until it is put back, or puts it back, on every gateway that can be told. Idempotent.</summary>
    /// <exception cref="QemuLabException">The lab has no virtual IP, the machine is none of its backends, or no gateway could be told.</exception>
    public async Task<VirtualIpDrain> DrainAsync(LabStatus lab, string machine, bool drained, CancellationToken cancellation = default)
    {
        VirtualIp ip = Of(lab);
        if (ip.Backends.All(backend => backend.Machine != machine))
        {
            throw new QemuLabException(ErrorKind.Conflict, "not-a-backend", $"{machine} is not a backend of {ip.Name}.{lab.Plan.Network.Domain}", $"the backends are {string.Join(", ", ip.Backends.Select(backend => backend.Machine))}");
        }

        (string Gateway, string? Fault)[] told = await Task.WhenAll(ip.Gateways.Select(async gateway =>
            (gateway.Machine, (await RunAsync(lab, gateway.Machine, [drained ? "drain" : "undrain", machine], cancellation)).Fault)));
        string[] missed = [.. told.Where(gateway => gateway.Fault is not null).Select(gateway => $"{gateway.Gateway}: {gateway.Fault}")];
        return missed.Length == told.Length
            ? throw new QemuLabException(ErrorKind.Conflict, "gateway-not-ready", $"no gateway could be told: {string.Join("; ", missed)}", $"see: qemulab list {lab.Name}")
            : new VirtualIpDrain(lab.Name, machine, drained, [.. told.Where(gateway => gateway.Fault is null).Select(gateway => gateway.Gateway)], missed);
    }

    private async Task<VirtualIpGatewayStatus> ShowAsync(LabStatus lab, VirtualIp ip, string gateway, CancellationToken cancellation)
    {
        (string output, string? fault) = await RunAsync(lab, gateway, ["status"], cancellation);
        return fault is null
            ? VirtualIpListing.Read(gateway, output, ip)
            : new VirtualIpGatewayStatus(gateway, VirtualIpGatewayState.Unreachable, fault, []);
    }

    /// <summary>The output, or why there is none.</summary>
    private async Task<(string Output, string? Fault)> RunAsync(LabStatus lab, string gateway, IReadOnlyList<string> words, CancellationToken cancellation)
    {
        MachineStatus? status = lab.Machines.FirstOrDefault(machine => machine.Name == gateway);
        if (status is not { State: MachineState.Running })
        {
            return ("", $"it is not running ({status?.State.ToString() ?? "not made yet"})");
        }

        Command command = SshCommand.For(paths.SshConfig(lab.Name), gateway, ["sudo", "-n", VirtualIpScripts.ControlPath, .. words], RemoteTerminal.No) with { TimeLimit = Limit };
        try
        {
            CommandResult result = await runner.RunAsync(command, cancellation);
            return result.Succeeded ? (result.Output, null) : ("", result.Error.Trim() is { Length: > 0 } said ? said : $"its command ended with {result.ExitCode}");
        }
        catch (QemuLabException failed)
        {
            return ("", failed.Message);
        }
    }

    private static VirtualIp Of(LabStatus lab) => lab.Plan.VirtualIp
        ?? throw new QemuLabException(ErrorKind.NotFound, "no-virtual-ip", $"lab {lab.Name} has no virtual IP", "a lab file gets one by its key virtualIp");
}
