using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>
/// The port of 127.0.0.1 that leads to each machine's SSH server: the one it had, else one that its name gives, else the next
/// free one. The same lab of another user of this host gets other ports, even where both are launched at the same moment.
/// </summary>
internal static class SshPortChoice
{
    /// <summary>Below the ephemeral ports of Linux (32768) and macOS (49152), above what servers use by habit.</summary>
    private const int First = 20_000, Count = 12_000;

    /// <exception cref="QemuLabException">No port is left.</exception>
    public static IReadOnlyDictionary<string, int> For(Lab lab, PlanContext context)
    {
        HashSet<int> taken = [.. lab.Machines.SelectMany(machine => machine.Ports).Concat(lab.Published.Select(balanced => balanced.Port)).Select(port => port.HostPort)];
        var chosen = new Dictionary<string, int>();
        foreach (MachineSpec machine in lab.Machines)
        {
            string name = machine.Name.Value;
            if (context.Allocations.SshPorts.TryGetValue(name, out int before) && taken.Add(before))
            {
                chosen[name] = before;
            }
        }

        foreach (string name in lab.Machines.Select(machine => machine.Name.Value).Where(name => !chosen.ContainsKey(name)))
        {
            uint start = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"ssh{context.Paths.Home}/{lab.Name}/{name}")));
            int port = Enumerable.Range(0, Count)
                .Select(i => First + (int)((start + (uint)i) % Count))
                .FirstOrDefault(port => !context.PortsInUse.Value.Contains(port) && !taken.Contains(port));
            if (port == 0)
            {
                throw new QemuLabException(ErrorKind.Failed, "no-free-port", "no port between 20000 and 31999 is free on 127.0.0.1", "stop what uses them");
            }

            taken.Add(chosen[name] = port);
        }

        return chosen;
    }
}
