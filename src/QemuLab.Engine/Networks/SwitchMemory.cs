using System.Text.Json;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks.Balancing;

namespace QemuLab.Engine.Networks;

/// <summary>What a switch has been told, kept in a file beside its sockets, so that its successor goes on with it.</summary>
internal sealed class SwitchMemory(NetworkPaths paths, DatagramPorts ports, PortBalancers balancers, TimeProvider time, SwitchLog log)
{
    private SwitchState state = new();

    /// <summary>Takes up what a former switch was told. A file that cannot be read is left behind: the daemon will tell it again.</summary>
    public void Recall()
    {
        if (Read(paths.SwitchState, SwitchJson.Default.SwitchState) is not { } known)
        {
            return;
        }

        try
        {
            Apply(Whole(known));
            balancers.Set(state.Published ?? []);
        }
        catch (FormatException wrong)
        {
            log.Write($"{paths.SwitchState} is not used: {wrong.Message}");
        }
    }

    /// <exception cref="FormatException">The configuration has an address that is none; nothing is changed.</exception>
    public void Configure(SwitchConfiguration configuration) => Change(state with { Configuration = configuration });

    /// <summary>Replaces all impairments.</summary>
    public void Impair(NetworkImpairments impairments) => Change(state with { Impairments = impairments });

    /// <summary>Replaces all host ports that are served.</summary>
    /// <returns>Those that somebody else has. They are remembered too: the next time they may be free.</returns>
    /// <exception cref="FormatException">An address is none.</exception>
    public IReadOnlyList<PublishedPort> Publish(IReadOnlyList<PublishedPort> published)
    {
        IReadOnlyList<PublishedPort> refused = balancers.Set(published);
        Change(state with { Published = published });
        return refused;
    }

    /// <summary>Writes the leases down where they have changed.</summary>
    public void KeepLeases()
    {
        if (ports.Services is { LeasesChanged: true } services)
        {
            services.LeasesChanged = false;
            try
            {
                AtomicFile.Write(paths.Leases, JsonSerializer.SerializeToUtf8Bytes(services.Leases.All, SwitchJson.Default.IReadOnlyListDhcpLease), durable: false);
            }
            catch (IOException full)
            {
                log.Write($"the leases could not be written: {full.Message}");
            }
        }
    }

    private void Change(SwitchState next)
    {
        next = Whole(next);
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(next, SwitchJson.Default.SwitchState);

        // Told at each start of a machine, and seldom something new. Records with lists in them are never equal; their texts are.
        if (text.AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(state, SwitchJson.Default.SwitchState)))
        {
            return;
        }

        Apply(next);
        AtomicFile.Write(paths.SwitchState, text, durable: false);
    }

    /// <summary>Source-generated JSON makes null of a collection that is not there, whatever its initializer says.</summary>
    private static SwitchState Whole(SwitchState told) => new()
    {
        Configuration = told.Configuration is { } c ? c with { Machines = c.Machines ?? [], Records = c.Records ?? [], Options = c.Options ?? [] } : null,
        Published = [.. (told.Published ?? []).Select(port => port with { Backends = port.Backends ?? [] })],
        Impairments = told.Impairments is { } i ? i with { Links = i.Links ?? NetworkImpairments.None.Links, Partitions = i.Partitions ?? [] } : null,
    };

    private void Apply(SwitchState next)
    {
        if (next.Configuration is { } configuration && configuration != state.Configuration)
        {
            var services = new SwitchServices(configuration, time);
            services.Leases.Restore(ports.Services?.Leases.All ?? Read(paths.Leases, SwitchJson.Default.IReadOnlyListDhcpLease) ?? []);
            ports.Services = services;
        }

        if (next.Impairments != state.Impairments)
        {
            ports.Links.Set(next.Impairments ?? NetworkImpairments.None);
        }

        state = next;
    }

    private T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException or UnauthorizedAccessException)
        {
            log.Write($"{path} is not used: {unreadable.Message}");
            return null;
        }
    }
}

/// <summary>All that a switch has been told beside its ports.</summary>
internal sealed record SwitchState
{
    public SwitchConfiguration? Configuration { get; init; }

    public NetworkImpairments? Impairments { get; init; }

    public IReadOnlyList<PublishedPort>? Published { get; init; }
}
