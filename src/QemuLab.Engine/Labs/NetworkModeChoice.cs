using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>The mode that a network really gets on this host.</summary>
internal static class NetworkModeChoice
{
    /// <summary>The mode, and why it is this one where the file says auto.</summary>
    /// <exception cref="QemuLabException">The mode that is asked for cannot be had here.</exception>
    public static (NetworkMode Mode, string? Reason) For(Lab lab, NetworkSpec spec, PlanContext context)
    {
        HostFacts host = context.Host;
        if (spec.Mode == NetworkMode.Auto)
        {
            // What it once became it stays: its machines have addresses and seeds that go with it.
            return NetworkModes.TryParse(context.Allocations.NetworkModes.GetValueOrDefault(spec.Name), out NetworkMode before) && (before != NetworkMode.Bridge || host.BridgeRefusal is null)
                ? (before, $"auto: it was {before.Word()} before")
                : host.BridgeRefusal is { } refusal ? (NetworkMode.User, $"auto: no bridge, because {refusal}") : (NetworkMode.Bridge, "auto: a bridge can be made here");
        }

        string where = spec.Name == NetworkPlan.MainName ? $"the network of lab {lab.Name}" : $"the network {spec.Name} of lab {lab.Name}";
        return (spec.Mode, host.Platform) switch
        {
            (NetworkMode mode, HostPlatform.Linux) when mode.UsesVmnet() =>
                throw new QemuLabException(ErrorKind.Usage, "mode-not-here", $"{where} asks for mode {mode.Word()}, which only macOS has", "use mode bridge or user, or auto for either"),
            (NetworkMode mode, HostPlatform.MacOS) when mode.UsesTaps() =>
                throw new QemuLabException(ErrorKind.Usage, "mode-not-here", $"{where} asks for mode {mode.Word()}, which only Linux has", "use mode vmnet-shared or socket_vmnet, or user"),
            (NetworkMode mode, HostPlatform.Linux) when mode.UsesTaps() && host.BridgeRefusal is { } refusal =>
                throw new QemuLabException(ErrorKind.Failed, "no-net-admin", $"{where} asks for mode {mode.Word()}: {refusal}", host.BridgeRemedy ?? "use mode: user, which needs no rights, or auto for either"),
            _ => (spec.Mode, null),
        };
    }
}
