using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Networks;

/// <summary>
/// Switches this host's forwarding on for the bridges of all labs, and back when the last of them goes. The kernel's one
/// switch for IPv4 also sets every interface's own, and the one for IPv6 ends the trust in router advertisements: so what
/// stood there before is kept, and put back where it is still what we made of it.
/// </summary>
/// <param name="host">Reads and writes the settings.</param>
/// <param name="recordPath">Kept for all labs together: the one that switched it on may go before the one that needs it.</param>
internal sealed class HostForwarding(PrivilegedNetwork host, string recordPath)
{
    private const string Switch4 = "net.ipv4.ip_forward";
    private const string Switch6 = "net.ipv6.conf.all.forwarding";
    private const string BootId = "kernel.random.boot_id";
    private const string Family4 = @"^net\.ipv4\.(ip_forward|conf\..*\.(forwarding|accept_redirects))$|^kernel\.random\.boot_id$";
    private const string Family6 = @"^net\.ipv6\.conf\..*\.(forwarding|accept_ra)$|^kernel\.random\.boot_id$";

    /// <exception cref="QemuLabException">IPv6 is asked for and this host has it switched off (code <c>ipv6-off</c>).</exception>
    public async Task SwitchOnAsync(bool withV6, CancellationToken cancellation)
    {
        const string off = "net.ipv6.conf.all.disable_ipv6";
        IReadOnlyDictionary<string, string> now = await host.SettingsAsync(withV6 ? [Switch4, Switch6, off] : [Switch4], cancellation);
        if (withV6 && now.GetValueOrDefault(off) != "0")
        {
            throw new QemuLabException(ErrorKind.Failed, "ipv6-off", "the lab asks for IPv6, which this host has switched off", $"leave IPv6 out of the lab file's network, or run: sudo sysctl -w {off}=0");
        }

        if (now.GetValueOrDefault(Switch4) != "1")
        {
            await SwitchAsync(Switch4, Family4, async _ => await host.ApplySettingsAsync([new(Switch4, "1")], cancellation), cancellation);
        }

        if (withV6 && now.GetValueOrDefault(Switch6) != "1")
        {
            await SwitchAsync(Switch6, Family6, before => SwitchOn6Async(before, cancellation), cancellation);
        }
    }

    /// <summary>Puts back what was there before; for when no bridge of ours is left.</summary>
    public async Task SwitchBackAsync(CancellationToken cancellation)
    {
        ForwardingRecord record = Load();
        foreach (ForwardingSwitch made in Enumerable.Reverse(record.Switches))
        {
            IReadOnlyDictionary<string, string> found = await host.SettingsLikeAsync(made.Pattern, cancellation);
            if (found.GetValueOrDefault(BootId) != made.Before.GetValueOrDefault(BootId) || found.GetValueOrDefault(made.Name) != "1")
            {
                continue; // Another boot, or somebody has switched it off since: nothing of ours is left in it.
            }

            IReadOnlyDictionary<string, string> after = made.After ?? found;
            Dictionary<string, string> wanted = found.ToDictionary(
                setting => setting.Key,
                setting => after.GetValueOrDefault(setting.Key) == setting.Value ? made.Before.GetValueOrDefault(setting.Key, setting.Value) : setting.Value);
            await host.ApplySettingsAsync([new(made.Name, made.Before[made.Name])], cancellation);
            IReadOnlyDictionary<string, string> now = await host.SettingsLikeAsync(made.Pattern, cancellation);
            await host.ApplySettingsAsync(Differences(wanted, now), cancellation);
        }

        if (record.Switches.Count > 0)
        {
            File.Delete(recordPath);
        }
    }

    private async Task SwitchAsync(string name, string pattern, Func<IReadOnlyDictionary<string, string>, Task> change, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, string> before = await host.SettingsLikeAsync(pattern, cancellation);
        ForwardingRecord others = new() { Switches = [.. Load().Switches.Where(made => made.Name != name)] };
        var made = new ForwardingSwitch { Name = name, Pattern = pattern, Before = before };
        Save(others, made);
        await change(before);
        Save(others, made with { After = await host.SettingsLikeAsync(pattern, cancellation) });
    }

    /// <summary>
    /// Routes from router advertisements are dropped at the very switch unless accept_ra is 2; afterwards each interface gets
    /// back its own settings: packets are forwarded by the one switch, and the interface goes on as a host.
    /// </summary>
    private async Task SwitchOn6Async(IReadOnlyDictionary<string, string> before, CancellationToken cancellation)
    {
        var first = new List<KeyValuePair<string, string>>();
        foreach (string device in Devices(await host.AdvertisedRoutesAsync(cancellation)))
        {
            string setting = $"net.ipv6.conf.{device.Replace('.', '/')}.accept_ra";
            if (before.GetValueOrDefault(setting) == "1")
            {
                first.Add(new(setting, "2"));
            }
        }

        await host.ApplySettingsAsync([.. first, new(Switch6, "1")], cancellation);
        IReadOnlyDictionary<string, string> now = await host.SettingsLikeAsync(Family6, cancellation);
        await host.ApplySettingsAsync(Differences(before, now).Where(setting => setting.Key != Switch6), cancellation);
    }

    private static IEnumerable<KeyValuePair<string, string>> Differences(IReadOnlyDictionary<string, string> wanted, IReadOnlyDictionary<string, string> now) =>
        [.. wanted.Where(setting => now.TryGetValue(setting.Key, out string? value) && value != setting.Value)];

    private static IEnumerable<string> Devices(string routes)
    {
        using JsonDocument document = JsonDocument.Parse(string.IsNullOrWhiteSpace(routes) ? "[]" : routes);
        return [.. document.RootElement.EnumerateArray().Where(route => route.TryGetProperty("dev", out _)).Select(route => route.GetProperty("dev").GetString()!).Distinct()];
    }

    private ForwardingRecord Load()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(recordPath), BridgeJson.Default.ForwardingRecord) ?? new ForwardingRecord();
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException)
        {
            return new ForwardingRecord();
        }
    }

    private void Save(ForwardingRecord others, ForwardingSwitch made)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(recordPath)!);
        ForwardingRecord record = others with { Switches = [.. others.Switches, made] };
        AtomicFile.Write(recordPath, JsonSerializer.SerializeToUtf8Bytes(record, BridgeJson.Default.ForwardingRecord), durable: false);
    }
}

/// <summary>What was switched on for all labs together, in that order.</summary>
internal sealed record ForwardingRecord
{
    public IReadOnlyList<ForwardingSwitch> Switches { get; init; } = [];
}

/// <summary>One switch, with all settings that hang on it.</summary>
internal sealed record ForwardingSwitch
{
    public required string Name { get; init; }

    public required string Pattern { get; init; }

    public required IReadOnlyDictionary<string, string> Before { get; init; }

    /// <summary>Null where the program ended in between.</summary>
    public IReadOnlyDictionary<string, string>? After { get; init; }
}
