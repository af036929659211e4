using System.CommandLine;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Qmp;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary><c>qemulab screenshot NAME</c>: what is on a machine's screen, as a PNG.</summary>
internal static class ScreenshotCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static Command Create(Cli cli)
    {
        Argument<string> name = new Argument<string>("name") { Description = "A machine with display: true" }.Completes(WordKind.Machine);
        var file = new Option<string?>("--output", "-o") { Description = "Write to this file; -: to standard output; without it to NAME-DATE-TIME.png here", HelpName = "file" };
        return new Verb("screenshot", "Write what is on a machine's screen into a PNG; its lab file needs display: true")
        {
            Examples = [("qemulab screenshot desk", "into a file here, whose name is printed"), ("qemulab screenshot desk -o - | feh -", "to a program")],
            Arguments = { name },
            Options = { file },
        }.Runs(parse =>
        {
            string? path = parse.GetValue(file);
            if (path == "-" && !Console.IsOutputRedirected)
            {
                throw new QemuLabException(ErrorKind.Usage, "usage", "a picture is nothing for a terminal", "write it to a file: -o FILE");
            }

            MachineView machine = MachineNames.One(cli, parse.GetRequiredValue(name));
            byte[] picture = TakeAsync(machine).GetAwaiter().GetResult();
            if (path == "-")
            {
                using Stream output = Console.OpenStandardOutput();
                output.Write(picture);
                return;
            }

            path ??= $"{machine.Name}-{DateTimeOffset.UtcNow.ToLocalTime().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}.png";
            Save(path, picture);
            cli.Terminal.Out.WriteLine(path);
        });
    }

    private static void Save(string path, byte[] picture)
    {
        try
        {
            File.WriteAllBytes(path, picture);
        }
        catch (DirectoryNotFoundException missing)
        {
            throw new QemuLabException(ErrorKind.Failed, "folder-missing", $"{path} cannot be written: there is no such folder", "make it, or give another one: -o FILE", missing);
        }
    }

    /// <summary>QEMU writes a file of its own; one of 7.2 or later without the PNG library knows another format only.</summary>
    private static async Task<byte[]> TakeAsync(MachineView machine)
    {
        await using QmpClient qmp = await PeoplesQmp.ConnectAsync(machine, Limit);
        string file = Path.Combine(Path.GetDirectoryName(machine.Files!.Monitor)!, $"{machine.Name}.screen-{Environment.ProcessId}");
        try
        {
            return await MissingDisplay.ToldAsync(qmp, machine, async () =>
            {
                try
                {
                    await DumpAsync(qmp, file, "png");
                }
                catch (QmpErrorException refused) when (refused.Description.Contains("png", StringComparison.OrdinalIgnoreCase))
                {
                    await DumpAsync(qmp, file, format: null);
                }

                byte[] picture = await File.ReadAllBytesAsync(file);
                return picture.AsSpan().StartsWith("P6"u8) ? PixelMap.ToPng(picture) : picture;
            });
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task DumpAsync(QmpClient qmp, string file, string? format) => await qmp.ExecuteAsync(
        "screendump",
        arguments =>
        {
            arguments.WriteString("filename", file);
            if (format is not null)
            {
                arguments.WriteString("format", format);
            }
        },
        Limit);
}
