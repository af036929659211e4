using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace QemuLab.Engine.Images;

/// <summary>
/// A builder's script with what lies beside it and in <c>shared/</c>: shipped inside the binary, or, where the script is an
/// absolute path, the user's own folder.
/// </summary>
internal sealed class BuilderFiles
{
    private const string Prefix = "images/", SharedFolder = "shared/";

    private readonly string script;
    private readonly SortedDictionary<string, Func<Stream>> files = new(StringComparer.Ordinal);

    private BuilderFiles(string script) => this.script = script;

    /// <param name="script">As the image's file names it.</param>
    /// <exception cref="QemuLabException">There is no such builder.</exception>
    public static BuilderFiles Find(string script)
    {
        BuilderFiles builder = Path.IsPathRooted(script) ? OfUser(script) : Shipped(script);
        return builder.files.ContainsKey(builder.script) ? builder : throw new QemuLabException(
            ErrorKind.Failed, "builder-missing", $"there is no builder {script}", "does the image's file name it rightly?");
    }

    /// <summary>The digest of every file's name and content.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, Func<Stream> open) in files)
        {
            using Stream content = open();
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{content.Length}\0"));
            hash.AppendData(SHA256.HashData(content));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Writes them into the folder and gives the path of the script, the only one that can be run.</summary>
    public async Task<string> ExtractAsync(string folder, CancellationToken cancellation)
    {
        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode runnable = readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        foreach ((string name, Func<Stream> open) in files)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using Stream content = open();
            await using (FileStream file = File.Create(path))
            {
                await content.CopyToAsync(file, cancellation);
            }

            File.SetUnixFileMode(path, name == script ? runnable : readable);
        }

        return Path.Combine(folder, script);
    }

    private static BuilderFiles Shipped(string script)
    {
        Assembly assembly = typeof(BuilderFiles).Assembly;
        var builder = new BuilderFiles(script);
        string own = script[..(script.LastIndexOf('/') + 1)];
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            string name = resource[Prefix.Length..];
            if (name.StartsWith(SharedFolder, StringComparison.Ordinal) || (own.Length > 0 && name.StartsWith(own, StringComparison.Ordinal)))
            {
                builder.files[name] = () => assembly.GetManifestResourceStream(resource)!;
            }
        }

        return builder;
    }

    private static BuilderFiles OfUser(string script)
    {
        string own = Path.GetDirectoryName(script)!;
        string images = Path.GetDirectoryName(own) ?? "/";
        var builder = new BuilderFiles(Path.GetRelativePath(images, script));
        foreach (string folder in new[] { own, Path.Combine(images, SharedFolder) }.Where(Directory.Exists))
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                builder.files[Path.GetRelativePath(images, file)] = () => File.OpenRead(file);
            }
        }

        return builder;
    }
}
