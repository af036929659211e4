using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs;

/// <summary>A lab file to begin with: one of the samples that ship with the program.</summary>
/// <param name="Name">What it is called by <c>init</c>.</param>
/// <param name="File">Its path in the program's source, and among what is shipped.</param>
/// <param name="Description">What it is for.</param>
public sealed record LabTemplate(string Name, string File, string Description)
{
    private const string SchemaLine = "# yaml-language-server:";

    public static IReadOnlyList<LabTemplate> All { get; } =
    [
        new("single", "cloud-init/single.yaml", "one machine"),
        new("three-node", "cloud-init/lab.yaml", "a gateway, a control plane and a worker"),
        new("kubernetes-ha", "cloud-init/kubernetes.yaml", "a gateway, three control planes behind a virtual IP, three workers"),
    ];

    /// <exception cref="QemuLabException">There is none of that name.</exception>
    public static LabTemplate Find(string name) => All.FirstOrDefault(template => template.Name == name) ?? throw new QemuLabException(
        ErrorKind.NotFound,
        "template-unknown",
        $"there is no template {Quote.Of(name)}",
        Suggestion.For(name, All.Select(template => template.Name)) is { } nearest ? $"did you mean {nearest}?" : $"there are: {string.Join(", ", All.Select(template => template.Name))}");

    /// <summary>The sample as it is written.</summary>
    public string Text()
    {
        using var reader = new StreamReader(typeof(LabTemplate).Assembly.GetManifestResourceStream(File)!);
        return reader.ReadToEnd();
    }

    /// <summary>The sample as a file of somebody's: it speaks of itself by its own name, and not of a schema that is not beside it.</summary>
    public string TextFor(string file) => string.Join('\n', Text().Split('\n').SkipWhile(line => line.StartsWith(SchemaLine, StringComparison.Ordinal) || line.Length == 0))
        .Replace(File, file, StringComparison.Ordinal);
}

/// <summary>What machines of a lab should have on a host, and why.</summary>
/// <param name="Memory">Each.</param>
/// <param name="Cpus">Each.</param>
/// <param name="Reason">For people.</param>
public sealed record ProposedSizes(ByteSize Memory, int Cpus, string Reason)
{
    /// <summary>Enough for a system with a few services.</summary>
    private static readonly ByteSize Usual = ByteSize.FromGiB(1), Small = ByteSize.FromMiB(128), Overhead = ByteSize.FromMiB(330);

    /// <param name="machines">How many of them.</param>
    /// <param name="least">What the image needs.</param>
    /// <param name="free">The host's memory that nobody uses.</param>
    /// <param name="cores">The host's.</param>
    public static ProposedSizes For(int machines, ByteSize least, ByteSize free, int cores)
    {
        ByteSize wanted = least <= Small ? Small : machines == 1 ? new(2 * Usual.Bytes) : Usual;
        // Three quarters of what is free, without what QEMU itself takes, in steps of 128MiB.
        long room = ((free.Bytes * 3 / 4 / machines) - Overhead.Bytes) / Small.Bytes * Small.Bytes;
        ByteSize memory = new(Math.Max(Math.Min(wanted.Bytes, room), Math.Max(least.Bytes, Small.Bytes)));
        int cpus = Math.Clamp(cores / machines, 1, 2);
        string fits = memory.Bytes <= room ? "fits" : "is more than fits, and the least that the image needs";
        return new(memory, cpus, $"{memory} and {cpus} CPU{(cpus > 1 ? "s" : "")} {(machines == 1 ? "for the machine" : $"for each of {machines} machines")}: {ByteSize.FromMiB(free.InMiB / 128 * 128)} of memory are free here and there are {cores} cores; that {fits}");
    }
}
