using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Images;

/// <summary>Runs a builder of an image: <c>build ARGUMENTS inputs</c> and <c>build ARGUMENTS make FOLDER</c>.</summary>
internal sealed class ImageBuilder(ICommandRunner runner, ImageOrigin.Build origin)
{
    private const string ProgressMark = "progress: ";

    /// <summary>A builder that is told to stop removes its scratch, parts of which belong to ids that only it can act as.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan InputsLimit = TimeSpan.FromMinutes(2);

    private readonly BuilderFiles files = BuilderFiles.Find(origin.Script);

    /// <summary>What decides whether a cached image is still of this builder: its files and arguments, and not the packages that it would take today.</summary>
    public string Recipe() => ImageKey.Of([files.Digest(), .. origin.Arguments]);

    /// <summary>Makes the image in the folder, which is empty, and gives its key; where <paramref name="isKnown"/> knows the key, nothing is made.</summary>
    /// <exception cref="QemuLabException">The builder failed; its own last words are quoted.</exception>
    public async Task<string> MakeAsync(string folder, Func<string, bool> isKnown, IProgress<ImageProgress> progress, CancellationToken cancellation)
    {
        string scripts = Directory.CreateTempSubdirectory("qemulab-builder-").FullName;
        try
        {
            string script = await files.ExtractAsync(scripts, cancellation);
            progress.Report(new ImageProgress("build", "looking at what it is made from"));
            CommandResult inputs = await RunAsync(new Command(script, [.. origin.Arguments, "inputs"]) { TimeLimit = InputsLimit }, cancellation);
            string key = ImageKey.Of([Recipe(), inputs.Output]);
            if (!isKnown(key))
            {
                await RunAsync(MakeCommand(script, folder, progress), cancellation);
            }

            return key;
        }
        finally
        {
            ImageFolder.Discard(scripts);
        }
    }

    /// <summary>Without TMPDIR the builder's scratch is in the folder itself, which is on the disk that has the room, and is removed whatever happens.</summary>
    private Command MakeCommand(string script, string folder, IProgress<ImageProgress> progress) =>
        new(script, [.. origin.Arguments, "make", folder])
        {
            Environment = new Dictionary<string, string?> { ["TMPDIR"] = null },
            StopGrace = StopGrace,
            OnOutputLine = line =>
            {
                if (line.StartsWith(ProgressMark, StringComparison.Ordinal))
                {
                    progress.Report(new ImageProgress("build", line[ProgressMark.Length..]));
                }
            },
        };

    private async Task<CommandResult> RunAsync(Command command, CancellationToken cancellation)
    {
        try
        {
            CommandResult result = await runner.RunAsync(command, cancellation);
            return result.Succeeded ? result : throw Failed(result);
        }
        catch (CommandNotFoundException cause)
        {
            throw new QemuLabException(ErrorKind.Failed, "builder-missing", $"the builder {origin.Script} cannot be run: {cause.InnerException?.Message}", "is there a /bin/sh, and may programs in the temporary folder be run?", cause);
        }
    }

    private QemuLabException Failed(CommandResult result)
    {
        string? words = result.Error.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
        string why = words ?? (result.TimedOut ? "it gave no answer in time" : $"exit code {result.ExitCode}, without a word");
        return new QemuLabException(ErrorKind.Failed, "build-failed", $"the builder {origin.Script} failed: {why}", "run: qemulab doctor (it names the packages that builders need)");
    }
}

/// <summary>Digests that are folder names: 128 bits are enough to tell images apart.</summary>
internal static class ImageKey
{
    public static string Of(IEnumerable<string> parts) =>
        Short(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts)))));

    public static string Short(string hexadecimal) => hexadecimal[..32];
}
