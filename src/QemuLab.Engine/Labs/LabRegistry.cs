using System.Collections.Concurrent;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>The labs that are known, and the turns of who changes them.</summary>
internal sealed class LabRegistry
{
    private readonly ConcurrentDictionary<string, LabEntry> labs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LabGate> gates = new(StringComparer.Ordinal);

    /// <summary>Told of each lab that is forgotten, before its files go.</summary>
    public Action<string>? Forgotten { get; set; }

    /// <summary>By name.</summary>
    public IEnumerable<LabEntry> All => labs.Values.OrderBy(lab => lab.Name, StringComparer.Ordinal);

    /// <summary>All machines of all labs.</summary>
    public IEnumerable<VirtualMachine> Machines => labs.Values.SelectMany(lab => lab.Machines);

    /// <summary>Null where there is no lab of that name.</summary>
    public LabEntry? Find(string lab) => labs.GetValueOrDefault(lab);

    /// <exception cref="QemuLabException">There is no such lab.</exception>
    public LabEntry Entry(string lab) => Find(lab)
        ?? throw new QemuLabException(ErrorKind.NotFound, "lab-not-found", $"there is no lab '{lab}'", "run: qemulab list");

    /// <summary>Whether this is the lab of its name, and no former one.</summary>
    public bool Holds(LabEntry entry) => Find(entry.Name) == entry;

    /// <summary>One change of a lab at a time.</summary>
    public LabGate Gate(string lab) => gates.GetOrAdd(lab, _ => new LabGate());

    /// <summary>Makes a lab known; one of its name that is known already stays.</summary>
    /// <returns>The one that is known.</returns>
    public LabEntry GetOrAdd(LabEntry entry) => labs.GetOrAdd(entry.Name, entry);

    /// <summary>Forgets this lab, and no later one of its name.</summary>
    /// <returns>Whether it was known.</returns>
    public bool Forget(LabEntry entry)
    {
        bool wasKnown = labs.TryRemove(new KeyValuePair<string, LabEntry>(entry.Name, entry));
        if (wasKnown)
        {
            Forgotten?.Invoke(entry.Name);
        }

        return wasKnown;
    }
}
