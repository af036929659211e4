namespace QemuLab.Engine.Networks;

/// <summary>
/// Two machines of a lab that want the same port of the host: the rules would silently let the first one win. The gateways of
/// a virtual IP may share one, because it leads to the same address.
/// </summary>
internal static class PublishedPortClash
{
    /// <exception cref="QemuLabException">Code <c>port-taken</c>.</exception>
    public static void Check(BridgeRecord record)
    {
        var taken = new Dictionary<(TransportProtocol, string, int), (string Machine, string Target, int Port)>();
        foreach (BridgePortRecord port in record.Ports)
        {
            foreach (ForwardRecord forward in port.Forwards)
            {
                (TransportProtocol, string, int) side = (forward.Protocol, forward.HostAddress, forward.HostPort);
                (string Machine, string Target, int Port) target = (port.Name, forward.GuestAddress ?? port.Address, forward.GuestPort);
                if (!taken.TryAdd(side, target) && (taken[side].Target, taken[side].Port) != (target.Target, target.Port))
                {
                    throw new QemuLabException(ErrorKind.Failed, "port-taken", $"host port {forward.HostAddress}:{forward.HostPort} leads to {taken[side].Machine} of this lab already", "choose another host port in the lab file");
                }
            }
        }
    }
}
