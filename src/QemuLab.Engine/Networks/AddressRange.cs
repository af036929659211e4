using System.Net;

namespace QemuLab.Engine.Networks;

/// <summary>IPv4 addresses from the first to the last, both in it: <c>10.77.0.100-10.77.0.149</c>.</summary>
public readonly record struct AddressRange(IPAddress First, IPAddress Last)
{
    public bool Contains(IPAddress address) => Compare(First, address) <= 0 && Compare(address, Last) <= 0;

    public bool Overlaps(AddressRange other) => Compare(First, other.Last) <= 0 && Compare(other.First, Last) <= 0;

    public override string ToString() => $"{First}-{Last}";

    private static int Compare(IPAddress a, IPAddress b) => a.GetAddressBytes().AsSpan().SequenceCompareTo(b.GetAddressBytes());
}
