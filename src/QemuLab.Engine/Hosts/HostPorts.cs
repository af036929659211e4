using System.Net.NetworkInformation;

namespace QemuLab.Engine.Hosts;

/// <summary>The TCP ports that programs of this host listen on, whatever the address.</summary>
public static class HostPorts
{
    public static IReadOnlySet<int> Listening() =>
        IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
}
