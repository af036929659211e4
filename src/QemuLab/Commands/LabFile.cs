using QemuLab.Api;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands;

/// <summary>The lab file that a command means, read on this side so that its faults come at once and without a daemon.</summary>
internal static class LabFile
{
    public const string Default = "lab.yaml";

    /// <summary>The file named, else lab.yaml here, else that of the one lab there is.</summary>
    /// <exception cref="QemuLabException">There is none to be found.</exception>
    public static string Choose(Cli cli, string? named)
    {
        if (named is not null)
        {
            return named;
        }

        if (File.Exists(Default))
        {
            return Default;
        }

        IReadOnlyList<LabView> labs = cli.Daemon.Get<IReadOnlyList<LabView>>("/v1/labs");
        return labs is [{ File.Length: > 0 } only]
            ? only.File
            : throw new QemuLabException(ErrorKind.Usage, "no-lab-file", $"there is no {Default} here", $"name a lab file, or make one: qemulab init; samples to begin with: {string.Join(", ", Samples())}");
    }

    public static LabReading Read(LabSource source) => LabReader.Read(source, EngineWiring.Catalog().Images);

    /// <summary>Reads it for a launch: warnings are shown, faults thrown.</summary>
    /// <exception cref="LabFileException">It has faults.</exception>
    public static Lab ReadOrThrow(Cli cli, LabSource source)
    {
        LabReading reading = Read(source);
        Lab lab = reading.LabOrThrow();
        foreach (Diagnostic warning in reading.Diagnostics)
        {
            cli.Terminal.Error.WriteLine(warning);
        }

        return lab;
    }

    /// <summary>The lab files that ship with the program, by their path in its source.</summary>
    private static IEnumerable<string> Samples() =>
        typeof(LabReader).Assembly.GetManifestResourceNames().Where(name => name.StartsWith("cloud-init/", StringComparison.Ordinal) && name.EndsWith(".yaml", StringComparison.Ordinal) && name.Count(letter => letter == '/') == 1);
}
