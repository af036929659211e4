using System.Net;

namespace QemuLab.Engine.Networks.Names;

/// <summary>What a lab's network knows of names: its machines, the records of the lab file, and the addresses back to names.</summary>
public sealed class DnsZone
{
    /// <summary>The host's name on every network that it is reached on, whatever the lab's domain.</summary>
    public const string HostName = "host.qemulab.internal";

    private const string Wildcard = "*.";
    private const string Reverse = ".in-addr.arpa";

    private readonly Dictionary<string, List<IPAddress>> addresses = [];
    private readonly Dictionary<string, string> names = [];
    private readonly HashSet<string> inner = [];
    private readonly string domain;
    private readonly Subnet subnet;

    /// <param name="subnet">Whose addresses are the zone's to answer for.</param>
    /// <param name="domain">Whose names are the zone's to answer for.</param>
    /// <param name="hosts">Machines, by their short names.</param>
    /// <param name="records">Whole names; a leading <c>*.</c> stands for all below.</param>
    public DnsZone(Subnet subnet, string domain, IEnumerable<(string Name, IPAddress Address)> hosts, IEnumerable<NameRecord> records)
    {
        (this.subnet, this.domain) = (subnet, Plain(domain));
        AddInner(this.domain);
        foreach ((string name, IPAddress address) in hosts)
        {
            Add($"{Plain(name)}.{this.domain}", address);
            Add(Plain(name), address);
        }

        foreach (NameRecord record in records)
        {
            Add(Plain(record.Name), record.Address);
        }
    }

    /// <summary>What the zone says to a question.</summary>
    /// <param name="name">Without the last dot, in any case.</param>
    public DnsFinding Find(string name)
    {
        name = Plain(name);
        if (addresses.TryGetValue(name, out List<IPAddress>? own))
        {
            return new DnsFinding(DnsOutcome.Known) { Addresses = own };
        }

        if (AddressOf(name) is { } address)
        {
            return names.TryGetValue(address.ToString(), out string? back) ? new DnsFinding(DnsOutcome.Known) { Name = back }
                : subnet.Contains(address) ? DnsFinding.Missing : DnsFinding.Foreign;
        }

        if (inner.Contains(name))
        {
            return new DnsFinding(DnsOutcome.Known);
        }

        return FindWildcard(name) ?? (IsBelow(name, domain) ? DnsFinding.Missing : DnsFinding.Foreign);
    }

    /// <summary>The nearest one counts, and none across a name that exists, as RFC 4592 has it.</summary>
    private DnsFinding? FindWildcard(string name)
    {
        for (int dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            string above = name[(dot + 1)..];
            if (addresses.TryGetValue(Wildcard + above, out List<IPAddress>? own))
            {
                return new DnsFinding(DnsOutcome.Known) { Addresses = own };
            }

            if (inner.Contains(above) || addresses.ContainsKey(above))
            {
                return null;
            }
        }

        return null;
    }

    private void Add(string name, IPAddress address)
    {
        if (!addresses.TryGetValue(name, out List<IPAddress>? known))
        {
            addresses[name] = known = [];
        }

        if (!known.Contains(address))
        {
            known.Add(address);
        }

        if (!name.StartsWith(Wildcard, StringComparison.Ordinal))
        {
            // The first name of an address is the one that it leads back to.
            names.TryAdd(address.ToString(), name);
        }

        if (IsBelow(name, domain))
        {
            AddInner(name[(name.IndexOf('.') + 1)..]);
        }
    }

    /// <summary>A name with others below it exists, though it has no address: RFC 8020.</summary>
    private void AddInner(string name)
    {
        while (name == domain || IsBelow(name, domain))
        {
            inner.Add(name);
            int dot = name.IndexOf('.');
            if (dot < 0)
            {
                return;
            }

            name = name[(dot + 1)..];
        }
    }

    /// <summary>The address that a reverse name such as <c>11.0.77.10.in-addr.arpa</c> asks for; null for other names.</summary>
    private static IPAddress? AddressOf(string name)
    {
        if (!name.EndsWith(Reverse, StringComparison.Ordinal))
        {
            return null;
        }

        string[] parts = name[..^Reverse.Length].Split('.');
        Array.Reverse(parts);
        return Subnet.TryParseAddress(string.Join('.', parts), out IPAddress? address) ? address : null;
    }

    private static bool IsBelow(string name, string above) => name.Length > above.Length && name[^(above.Length + 1)] == '.' && name.EndsWith(above, StringComparison.Ordinal);

    private static string Plain(string name) => name.TrimEnd('.').ToLowerInvariant();
}

/// <summary>Whether a name is there.</summary>
public enum DnsOutcome
{
    /// <summary>Not the zone's: somebody else may know.</summary>
    Foreign,

    /// <summary>The zone's, and there is no such name.</summary>
    Missing,

    Known,
}

/// <summary>What a zone has found.</summary>
public sealed record DnsFinding(DnsOutcome Outcome)
{
    public static readonly DnsFinding Foreign = new(DnsOutcome.Foreign);

    public static readonly DnsFinding Missing = new(DnsOutcome.Missing);

    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Of an address: the name that it leads back to.</summary>
    public string? Name { get; init; }
}
