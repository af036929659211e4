using System.Net;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>Whether a virtual IP's address is free, and whether its machines are there; makes the spec of it.</summary>
internal sealed class VirtualIpRules(LabDocument document, IReadOnlyList<MachineDraft> drafts, Faults faults)
{
    private const string FilesCertificate = "-----BEGIN CERTIFICATE-----";

    private readonly MachineReferences references = new(document, drafts);
    private readonly string[] names = [.. drafts.Select(draft => draft.Name.Value)];

    /// <summary>Whether the text is the certificates themselves and not a file's name.</summary>
    public static bool IsInline(string certificates) => certificates.Contains("-----BEGIN", StringComparison.Ordinal);

    /// <summary>Null where the lab has none, or a wrong one.</summary>
    public VirtualIpSpec? Read()
    {
        if (document.Lab.Get(LabKeys.VirtualIp)?.Value is not { } section)
        {
            return null;
        }

        CheckAddress(section.Get(VirtualIpKeys.Address));
        string name = ValueOf(section, VirtualIpKeys.Name);
        if (names.Contains(name))
        {
            faults.Error(section.Get(VirtualIpKeys.Name)?.Place ?? section.Place, $"{name} is a machine's name already", VirtualIpKeys.Name.Name);
        }

        IReadOnlyList<Located<string>> gateways = Machines(section, VirtualIpKeys.Gateway);
        IReadOnlyList<Located<string>> backends = Machines(section, VirtualIpKeys.Backends);
        foreach (Located<string> both in backends.Where(backend => gateways.Any(gateway => gateway.Value == backend.Value)))
        {
            faults.Error(both.Place, $"{both.Value} is a gateway: one that is a backend too would keep all connections to itself", VirtualIpKeys.Backends.Name);
        }

        return section.Get(VirtualIpKeys.Address) is not { } address ? null : new VirtualIpSpec
        {
            Address = address.Value,
            Port = ValueOf(section, VirtualIpKeys.Port),
            HostPort = HostPort(section),
            Name = name,
            Gateways = [.. gateways.Select(machine => machine.Value).Distinct()],
            Backends = [.. backends.Select(machine => machine.Value).Distinct()],
            Scheduler = ValueOf(section, VirtualIpKeys.Scheduler),
            Weights = Weights(section, backends),
            Check = Check(section.Get(VirtualIpKeys.Check)?.Value ?? Section.Empty),
        };
    }

    private void CheckAddress(Located<IPAddress>? asked)
    {
        Section network = document.Lab.Get(LabKeys.Network)?.Value ?? Section.Empty;
        Located<Subnet>? subnet = network.Get(NetworkKeys.Subnet);
        if (asked is null || (subnet is null && network.Mentions(NetworkKeys.Subnet)))
        {
            return;
        }

        string? fault = AddressRules.FaultOf(asked.Value, subnet?.Value is { PrefixLength: > 0 } known ? known : null)
            ?? drafts.Where(draft => asked.Value.Equals(draft.Address?.Value)).Select(draft => $"is {draft.Name}'s own address").FirstOrDefault()
            ?? HandedOut(network).Where(part => part.Range.Contains(asked.Value)).Select(part => $"is in {part.Key} ({part.Range}), which is handed out to others").FirstOrDefault();
        if (fault is not null)
        {
            faults.Error(asked.Place, $"{asked.Value} {fault}", $"{LabKeys.VirtualIp.Name}.{VirtualIpKeys.Address.Name}");
        }
    }

    private int? HostPort(Section section)
    {
        if (section.Get(VirtualIpKeys.HostPort) is not { } port)
        {
            return null;
        }

        PortForward wanted = VirtualIp.PublishedAt(port.Value, ValueOf(section, VirtualIpKeys.Port));
        if (drafts.FirstOrDefault(draft => draft.Ports.Any(taken => PortRules.Clash(taken.Value, wanted))) is { } other)
        {
            faults.Error(port.Place, $"host port {port.Value} leads to {other.Name} already", VirtualIpKeys.HostPort.Name);
        }

        return port.Value;
    }

    /// <summary>Parts of the subnet that are not for it, by the key that says so.</summary>
    private static IEnumerable<(string Key, AddressRange Range)> HandedOut(Section network)
    {
        if (network.Get(NetworkKeys.Dhcp)?.Value.Get(DhcpKeys.Range) is { } dhcp)
        {
            yield return (NetworkKeys.Dhcp.Name, dhcp.Value);
        }

        if (network.Get(NetworkKeys.LoadBalancer) is { } balancer)
        {
            yield return (NetworkKeys.LoadBalancer.Name, balancer.Value);
        }
    }

    /// <summary>The machines that names mean, each with the place of the name: a machine's own, else all of a group.</summary>
    private List<Located<string>> Machines(Section section, Key<IReadOnlyList<Located<string>>> key)
    {
        List<Located<string>> found = [];
        foreach (Located<string> name in section.Get(key)?.Value ?? [])
        {
            IReadOnlyList<string> meant = references.Meant(name.Value);
            if (meant.Count == 0)
            {
                faults.Error(name.Place, references.NoneOf(name.Value), key.Name);
            }

            found.AddRange(meant.Select(machine => new Located<string>(machine, name.Place)));
        }

        if (section.Get(key) is { Value.Count: 0 } empty)
        {
            faults.Error(empty.Place, "names no machine", key.Name);
        }

        return found;
    }

    private Dictionary<string, int> Weights(Section section, IReadOnlyList<Located<string>> backends)
    {
        IReadOnlyList<Named<int>> weights = section.Get(VirtualIpKeys.Weights)?.Value ?? [];
        foreach (Named<int> other in weights.Where(weight => backends.All(backend => backend.Value != weight.Name)))
        {
            faults.Error(other.NamePlace, $"{Quote.Of(other.Name)} is not a backend{Suggestion.Hint(other.Name, backends.Select(backend => backend.Value))}", VirtualIpKeys.Weights.Name);
        }

        return weights.DistinctBy(weight => weight.Name).ToDictionary(weight => weight.Name, weight => weight.Value);
    }

    private VirtualIpCheck Check(Section check)
    {
        VirtualIpCheckType type = ValueOf(check, CheckKeys.Type) switch
        {
            "http" => VirtualIpCheckType.Http,
            "https" => VirtualIpCheckType.Https,
            _ => VirtualIpCheckType.Tcp,
        };
        Belongs(check, CheckKeys.Path, type is not VirtualIpCheckType.Tcp, "http or https");
        Belongs(check, CheckKeys.Body, type is not VirtualIpCheckType.Tcp, "http or https");
        Belongs(check, CheckKeys.Ca, type is VirtualIpCheckType.Https, "https");
        return new VirtualIpCheck
        {
            Type = type,
            Path = ValueOf(check, CheckKeys.Path),
            Body = check.Get(CheckKeys.Body)?.Value,
            CaCertificates = Certificates(check.Get(CheckKeys.Ca)),
            Interval = AtLeastOneSecond(check, CheckKeys.Interval),
            Timeout = AtLeastOneSecond(check, CheckKeys.Timeout),
            Rise = ValueOf(check, CheckKeys.Rise),
            Fall = ValueOf(check, CheckKeys.Fall),
        };
    }

    private void Belongs<T>(Section check, Key<T> key, bool does, string types)
        where T : notnull
    {
        if (!does && check.Get(key) is { } value)
        {
            faults.Error(value.Place, $"is of a check of type {types} only", key.Name);
        }
    }

    private TimeSpan AtLeastOneSecond(Section check, Key<TimeSpan> key)
    {
        TimeSpan time = ValueOf(check, key);
        if (time < TimeSpan.FromSeconds(1))
        {
            faults.Error(check.Get(key)!.Place, "must be at least 1s", key.Name);
        }

        return time;
    }

    /// <summary>Never quoted in messages: people paste the key beside the certificate.</summary>
    private string? Certificates(Located<string>? asked)
    {
        if (asked is null)
        {
            return null;
        }

        SourceFile file = IsInline(asked.Value) ? new SourceFile(asked.Value)
            : document.Source.Files.GetValueOrDefault(asked.Value) ?? new SourceFile(null, "no such file");
        string? fault = file.Text switch
        {
            null => $"{Quote.Of(asked.Value)}: {file.Error ?? "cannot be read"}",
            var text when text.Contains("PRIVATE KEY", StringComparison.Ordinal) => "holds a private key, which no gateway needs: give the certificates only",
            var text when !text.Contains(FilesCertificate, StringComparison.Ordinal) => "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
            _ => null,
        };
        if (fault is not null)
        {
            faults.Error(asked.Place, fault, CheckKeys.Ca.Name);
        }

        return file.Text?.ReplaceLineEndings("\n");
    }

    private static T ValueOf<T>(Section section, Key<T> key)
        where T : notnull => section.Get(key) is { } given ? given.Value : key.DefaultValue;
}
