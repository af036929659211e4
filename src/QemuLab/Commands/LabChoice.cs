using QemuLab.Api;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary>The lab that a command means: the one that is named, or the only one there is.</summary>
internal static class LabChoice
{
    /// <exception cref="QemuLabException">There is none of that name; or none is named and there are none, or several.</exception>
    public static LabView For(Cli cli, string? name) => name is not null
        ? cli.Daemon.Get<LabView>("/v1/labs/" + Uri.EscapeDataString(name))
        : cli.Daemon.Get<IReadOnlyList<LabView>>("/v1/labs") switch
        {
            [var only] => only,
            [] => throw new QemuLabException(ErrorKind.NotFound, "no-lab", "there is no lab", "launch one: qemulab launch-all lab.yaml"),
            var several => throw new QemuLabException(ErrorKind.Usage, "lab-ambiguous", $"there are several labs: {string.Join(", ", several.Select(lab => lab.Name))}", "name one of them"),
        };
}
