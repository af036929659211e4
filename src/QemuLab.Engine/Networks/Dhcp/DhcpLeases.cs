namespace QemuLab.Engine.Networks.Dhcp;

/// <summary>Which addresses of the pool belong to whom, and until when.</summary>
/// <param name="first">The pool's first address, as a number.</param>
/// <param name="last">Its last one.</param>
/// <param name="taken">Addresses of it that are somebody's by the plan.</param>
internal sealed class DhcpLeases(uint first, uint last, IReadOnlySet<uint> taken)
{
    /// <summary>How long an offer waits to be taken.</summary>
    private static readonly TimeSpan Offered = TimeSpan.FromMinutes(1);

    /// <summary>How long an address is left alone that a client has found in use.</summary>
    private static readonly TimeSpan Bad = TimeSpan.FromMinutes(10);

    /// <summary>Nobody's Ethernet address: what stands for the unknown user of an address that was declined.</summary>
    private const ulong Unknown = 0;

    private readonly Dictionary<uint, DhcpLease> leases = [];

    public static DhcpLeases None { get; } = new(1, 0, new HashSet<uint>());

    /// <summary>For the file.</summary>
    public IReadOnlyList<DhcpLease> All => [.. leases.Values.OrderBy(lease => lease.Address)];

    /// <summary>What a former switch had given; what lies outside the pool by now is forgotten.</summary>
    public void Restore(IEnumerable<DhcpLease> known)
    {
        foreach (DhcpLease lease in known.Where(lease => IsInPool(lease.Address)))
        {
            leases[lease.Address] = lease;
        }
    }

    /// <summary>The address to offer: the client's last one, the one that it wishes for, one that nobody had, the one that has been free for longest.</summary>
    public uint? Offer(ulong mac, uint? wish, DateTimeOffset now)
    {
        uint? wished = wish is { } wanted && IsFree(wanted, now) ? wanted : null;
        uint? address = Find(mac) ?? wished ?? FirstUnused() ?? LongestFree(now);
        if (address is { } offered && !(leases.GetValueOrDefault(offered) is { } lease && lease.Mac == mac && lease.Until > now))
        {
            leases[offered] = new DhcpLease(offered, mac, now + Offered);
        }

        return address;
    }

    /// <summary>Whether the client may have the address; it is its own then, until the time given.</summary>
    public bool TryTake(ulong mac, uint address, DateTimeOffset until, DateTimeOffset now)
    {
        bool own = leases.TryGetValue(address, out DhcpLease? lease) && lease.Mac == mac;
        if (!own && !IsFree(address, now))
        {
            return false;
        }

        foreach (DhcpLease other in leases.Values.Where(other => other.Mac == mac && other.Address != address).ToList())
        {
            leases.Remove(other.Address);
        }

        leases[address] = new DhcpLease(address, mac, until);
        return true;
    }

    /// <summary>Free from now on, but the client's again when it comes back before another needs it.</summary>
    public bool Release(ulong mac, uint address, DateTimeOffset now)
    {
        bool own = leases.TryGetValue(address, out DhcpLease? lease) && lease.Mac == mac;
        if (own)
        {
            leases[address] = lease! with { Until = now };
        }

        return own;
    }

    /// <summary>Somebody else uses it.</summary>
    public bool Decline(ulong mac, uint address, DateTimeOffset now)
    {
        bool own = leases.TryGetValue(address, out DhcpLease? lease) && lease.Mac == mac;
        if (own)
        {
            leases[address] = new DhcpLease(address, Unknown, now + Bad);
        }

        return own;
    }

    private bool IsInPool(uint address) => address >= first && address <= last && !taken.Contains(address);

    private bool IsFree(uint address, DateTimeOffset now) => IsInPool(address) && (!leases.TryGetValue(address, out DhcpLease? lease) || lease.Until <= now);

    private uint? Find(ulong mac)
    {
        foreach (DhcpLease lease in leases.Values)
        {
            if (lease.Mac == mac)
            {
                return lease.Address;
            }
        }

        return null;
    }

    private uint? FirstUnused()
    {
        for (uint address = first; address <= last && address != 0; address++)
        {
            if (IsInPool(address) && !leases.ContainsKey(address))
            {
                return address;
            }
        }

        return null;
    }

    private uint? LongestFree(DateTimeOffset now) => leases.Values.Where(lease => lease.Until <= now).MinBy(lease => lease.Until)?.Address;
}

/// <summary>An address of the pool and who has it.</summary>
/// <param name="Address">As a number.</param>
/// <param name="Mac">The client's Ethernet address as a number.</param>
/// <param name="Until">When it is free again.</param>
internal sealed record DhcpLease(uint Address, ulong Mac, DateTimeOffset Until);
