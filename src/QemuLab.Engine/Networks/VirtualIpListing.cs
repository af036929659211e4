using System.Globalization;

namespace QemuLab.Engine.Networks;

/// <summary>Reads what a gateway says of itself: the lines of <c>qemulab-vip status</c>, with <c>ipvsadm -L -n</c> at their end.</summary>
internal static class VirtualIpListing
{
    private static readonly char[] Blank = [' ', '\t'];

    public static VirtualIpGatewayStatus Read(string machine, string text, VirtualIp ip)
    {
        string service = $"{ip.Address}:{ip.Port}";
        VirtualIpGatewayState state = VirtualIpGatewayState.Stopped;
        HashSet<string> drained = [];
        Dictionary<string, string[]> servers = [];
        bool ours = false;
        foreach (string[] words in text.Split('\n').Select(line => line.Split(Blank, StringSplitOptions.RemoveEmptyEntries)))
        {
            switch (words)
            {
                case ["state", var word]:
                    state = word switch { "master" => VirtualIpGatewayState.Master, "backup" => VirtualIpGatewayState.Backup, _ => VirtualIpGatewayState.Stopped };
                    break;
                case ["drained", var name]:
                    drained.Add(name);
                    break;
                case ["TCP" or "UDP" or "FWM", var address, ..]:
                    ours = words[0] == "TCP" && address == service;
                    break;
                case ["->", var address, _, _, _, _] when ours:
                    servers[address] = words;
                    break;
            }
        }

        return new VirtualIpGatewayStatus(machine, state, null, [.. ip.Backends.Select(backend => Backend(backend, $"{backend.Address}:{ip.Port}", servers, drained))]);
    }

    private static VirtualIpBackendStatus Backend(VirtualIpBackend backend, string address, Dictionary<string, string[]> servers, HashSet<string> drained)
    {
        if (!servers.TryGetValue(address, out string[]? words))
        {
            return new VirtualIpBackendStatus(backend.Machine, address, 0, VirtualIpBackendState.Absent, 0, 0);
        }

        int weight = Number(words[3]);
        VirtualIpBackendState state = drained.Contains(backend.Machine) ? VirtualIpBackendState.Drained
            : weight > 0 ? VirtualIpBackendState.Up
            : VirtualIpBackendState.Down;
        return new VirtualIpBackendStatus(backend.Machine, address, weight, state, Number(words[4]), Number(words[5]));
    }

    private static int Number(string word) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
