using System.CommandLine;
using QemuLab.Engine;

namespace QemuLab.Commands;

/// <summary><c>qemulab image</c>: the images of the catalogue and of the cache.</summary>
internal static class ImageCommand
{
    public static Command Create(Cli cli) => new Verb("image", "List, fetch, build and remove images", "images")
    {
        Subcommands =
        {
            new Verb("list", "List the images", "ls").Runs(_ => throw new QemuLabException(ErrorKind.Failed, "not-wired", $"no images yet in {cli.Paths.Images}")),
        },
    };
}
