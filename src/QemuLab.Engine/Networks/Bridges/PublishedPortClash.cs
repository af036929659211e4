namespace QemuLab.Engine.Networks;

/// <summary>Two machines of a lab that want the same port of the host: the rules would silently let the first one win.</summary>
internal static class PublishedPortClash
{
    /// <exception cref="QemuLabException">Code <c>port-taken</c>.</exception>
    public static void Check(BridgeRecord record)
    {
        var taken = new Dictionary<(TransportProtocol, string, int), string>();
        foreach (BridgePortRecord port in record.Ports)
        {
            foreach (ForwardRecord forward in port.Forwards)
            {
                if (!taken.TryAdd((forward.Protocol, forward.HostAddress, forward.HostPort), port.Name))
                {
                    string other = taken[(forward.Protocol, forward.HostAddress, forward.HostPort)];
                    throw new QemuLabException(ErrorKind.Failed, "port-taken", $"host port {forward.HostAddress}:{forward.HostPort} leads to {other} of this lab already", "choose another host port in the lab file");
                }
            }
        }
    }
}
