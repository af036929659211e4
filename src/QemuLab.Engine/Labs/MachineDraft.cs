using System.Net;
using QemuLab.Engine.Labs.Definition;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.Labs;

/// <summary>A machine while it is read: its name, and the mappings that say something about it.</summary>
/// <param name="Index">Its number in the group, from 0.</param>
/// <param name="GroupSize">How many machines the group has.</param>
/// <param name="Place">Where its group's name stands.</param>
internal sealed record MachineDraft(MachineName Name, MachineName Group, int Index, int GroupSize, Place Place, Layers Layers)
{
    public Located<IPAddress>? Address { get; init; }

    /// <summary>On further networks, in the order of eth1, eth2, ….</summary>
    public IReadOnlyList<NicDraft> Nics { get; init; } = [];

    /// <summary>The group's, counted up for this machine, and its own.</summary>
    public IReadOnlyList<Located<PortForward>> Ports { get; init; } = [];
}

/// <summary>A further NIC of a machine while it is read.</summary>
/// <param name="Address">Counted up for this machine; null where the file gives none.</param>
/// <param name="Place">Where the file names the network.</param>
internal sealed record NicDraft(string Network, Located<IPAddress>? Address, Place Place);

/// <summary>The mappings that describe one machine, from the farthest to the nearest: lab, defaults, group, machine.</summary>
internal sealed class Layers(IReadOnlyList<Section> sections)
{
    /// <summary>What the nearest one says; null where none does.</summary>
    public Located<T>? Nearest<T>(Key<T> key)
        where T : notnull => sections.Reverse().Select(section => section.Get(key)).FirstOrDefault(value => value is not null);

    /// <summary>What the nearest one says, or the key's default.</summary>
    public T ValueOf<T>(Key<T> key)
        where T : notnull => Nearest(key) is { } found ? found.Value : key.DefaultValue;

    /// <summary>What each of them says, farthest first.</summary>
    public IEnumerable<Located<T>> All<T>(Key<T> key)
        where T : notnull => sections.Select(section => section.Get(key)).OfType<Located<T>>();

    /// <summary>The items of a list key, appended from the farthest to the nearest.</summary>
    public IEnumerable<Located<T>> Items<T>(Key<IReadOnlyList<Located<T>>> key) => All(key).SelectMany(list => list.Value);

    public bool Mentions(Key key) => sections.Any(section => section.Mentions(key));
}
