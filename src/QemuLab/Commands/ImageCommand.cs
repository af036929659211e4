using System.CommandLine;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab image</c>: the images of the catalogue and of the cache.</summary>
internal static class ImageCommand
{
    public static Command Create(Cli cli) => new Verb("image", "List, fetch, build and remove images", "images")
    {
        Subcommands = { List(cli), Fetch(cli, "pull", "Get an image before a lab needs it", force: false), Fetch(cli, "build", "Build an image anew", force: true), Remove(cli) },
        Examples = [("qemulab image list", "what a lab file may name"), ("qemulab image pull micro", "get one before a lab needs it")],
    };

    private static Verb List(Cli cli)
    {
        Option<bool> json = CommonOptions.Json("A JSON array of images");
        return new Verb("list", "List the images that a lab file may name", "ls")
        {
            Examples = [("qemulab image list", "and which of them are here")],
            Options = { json },
        }.Runs(parse =>
        {
            IReadOnlyList<ImageView> images = cli.Daemon.Get<IReadOnlyList<ImageView>>("/v1/images");
            if (parse.GetValue(json))
            {
                JsonOutput.Write(cli.Terminal, images);
                return;
            }

            var table = new TextTable(new("NAME"), new("CACHED", RightAligned: true), new("ORIGIN", DropOrder: 2), new("USER", DropOrder: 3), new("MIN MEMORY", RightAligned: true, DropOrder: 1), new("DESCRIPTION"));
            foreach (ImageView image in images)
            {
                string? size = image.Cached is [var newest, ..] ? new ByteSize(newest.SizeOnDisk).ToString() : null;
                table.Add(image.Name, size, image.Origin, image.User, new ByteSize(image.MinimumMemory).ToString(), image.Description);
            }

            cli.Terminal.Out.Write(table.Render(cli.Terminal.Width));
        });
    }

    private static Verb Fetch(Cli cli, string verb, string description, bool force)
    {
        Argument<string> name = new Argument<string>("name") { Description = "An image of the catalogue" }.Completes(WordKind.Image);
        return new Verb(verb, description)
        {
            Examples = [($"qemulab image {verb} micro", description.ToLowerInvariant())],
            Arguments = { name },
        }.Runs(parse =>
        {
            using DaemonResponse response = cli.Daemon.Open("POST", $"/v1/images/{Uri.EscapeDataString(parse.GetRequiredValue(name))}/fetch?force={(force ? "true" : "false")}");
            using var stream = new ChangeStream(cli, [], json: false);
            using Interrupts interrupts = Interrupts.Telling(stream.Leave, "nothing goes on, unless a launch waits for the image too; the next pull goes on where a download was");
            stream.Read(response);
        });
    }

    private static Verb Remove(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "An image that is here" }.Completes(WordKind.CachedImage);
        return new Verb("rm", "Remove an image from the cache", "remove", "delete")
        {
            Examples = [("qemulab image rm micro", "refused while a machine's disk stands on it")],
            Arguments = { name },
        }.Runs(parse =>
        {
            RemovedImagesView view = cli.Daemon.Delete<RemovedImagesView>("/v1/images/" + Uri.EscapeDataString(parse.GetRequiredValue(name)));
            foreach (CachedImageView removed in view.Removed)
            {
                cli.Terminal.Out.WriteLine($"removed {removed.Path}");
            }
        });
    }
}
