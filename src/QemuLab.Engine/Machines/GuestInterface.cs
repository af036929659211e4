using System.Globalization;
using System.Net;
using System.Text.Json;

namespace QemuLab.Engine.Machines;

/// <summary>A network interface as a machine's guest agent tells of it, against the NIC that was planned.</summary>
/// <param name="Name">The guest's name of it; null for a NIC that the guest does not have.</param>
/// <param name="Mac">Null where it has none.</param>
/// <param name="Addresses">Each with its prefix length, such as <c>10.77.0.11/24</c>.</param>
public sealed record GuestInterface(string? Name, string? Mac, IReadOnlyList<string> Addresses)
{
    /// <summary>The network of the lab that it is on; null for one that the guest has made for itself.</summary>
    public string? Network { get; init; }

    /// <summary>Addresses that were planned for it and that the guest has on no interface of this NIC.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    private const string NoMac = "00:00:00:00:00:00";

    /// <summary>Reads the answer to <c>guest-network-get-interfaces</c>; what a guest makes up in it is left out, as loopback is.</summary>
    public static IReadOnlyList<GuestInterface> Read(JsonElement answer, IReadOnlyList<NicPlan> nics)
    {
        List<GuestInterface> told = [.. Items(answer).Select(Read).OfType<GuestInterface>()];
        foreach (NicPlan nic in nics)
        {
            string mac = nic.Mac.ToString();
            string[] there = [.. told.Where(one => one.Mac == mac).SelectMany(one => one.Addresses).Select(address => address.Split('/')[0])];
            string[] missing = [.. new[] { nic.Address, nic.Address6 }.OfType<IPAddress>().Select(address => address.ToString()).Except(there)];

            // A bridge of the guest's own takes over the address of the NIC, and its MAC.
            int best = Math.Max(told.FindIndex(one => one.Mac == mac && one.Addresses.Count > 0), told.FindIndex(one => one.Mac == mac));
            GuestInterface found = (best < 0 ? new GuestInterface(null, mac, []) : told[best]) with { Network = nic.Network.Network, Missing = missing };
            if (best < 0)
            {
                told.Add(found);
            }
            else
            {
                told[best] = found;
            }
        }

        return told;
    }

    private static GuestInterface? Read(JsonElement item)
    {
        string? mac = Word(item, "hardware-address")?.ToLowerInvariant();
        string[] addresses = [.. Items(Member(item, "ip-addresses")).Select(Address).OfType<string>()];
        return Word(item, "name") is { } name && (addresses.Length > 0 || mac is not (null or NoMac))
            ? new GuestInterface(name, mac == NoMac ? null : mac, addresses)
            : null;
    }

    private static string? Address(JsonElement item) =>
        IPAddress.TryParse(Word(item, "ip-address"), out IPAddress? address) && !IPAddress.IsLoopback(address) && Member(item, "prefix") is { ValueKind: JsonValueKind.Number } number && number.TryGetByte(out byte prefix)
            ? string.Create(CultureInfo.InvariantCulture, $"{address}/{prefix}")
            : null;

    private static JsonElement[] Items(JsonElement list) => list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];

    private static JsonElement Member(JsonElement item, string name) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out JsonElement member) ? member : default;

    private static string? Word(JsonElement item, string name)
    {
        try
        {
            return Member(item, name) is { ValueKind: JsonValueKind.String } word ? word.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: JSON allows what is no text.
            return null;
        }
    }
}
