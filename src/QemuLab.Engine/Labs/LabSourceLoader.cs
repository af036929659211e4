using System.Text;

namespace QemuLab.Engine.Labs;

/// <summary>Reads a lab file, and the files that it names, from the disk: the one place of this folder that does.</summary>
public static class LabSourceLoader
{
    private const int MaximumBytes = 1 << 20;

    /// <summary>A missing file is for <see cref="LabReader"/> to report, at the place that names it.</summary>
    /// <param name="path">As the user gave it.</param>
    /// <param name="settings">What <c>--set</c> gave.</param>
    /// <exception cref="QemuLabException">There is no lab file to read.</exception>
    public static LabSource Load(string path, IReadOnlyList<string> settings)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new QemuLabException(ErrorKind.Usage, "lab-file-unreadable", "the lab file's name is empty", "a lab file to begin with is cloud-init/lab.yaml");
        }

        string full = Path.GetFullPath(path);
        SourceFile file = Read(full);
        if (file.Text is null)
        {
            throw new QemuLabException(ErrorKind.Usage, "lab-file-unreadable", $"{path}: {file.Error}", Hint(full));
        }

        return WithFiles(new()
        {
            DisplayPath = path,
            BaseDirectory = Path.GetDirectoryName(full)!,
            Text = file.Text,
            Settings = settings,
        });
    }

    /// <summary>A text that is to be taken for a lab file at a place of the disk, whether there is one or not.</summary>
    /// <inheritdoc cref="Load(string, IReadOnlyList{string})"/>
    /// <param name="text">The file's.</param>
    /// <param name="path">The place, absolute.</param>
    public static LabSource Load(string text, string path, IReadOnlyList<string> settings) =>
        WithFiles(new() { DisplayPath = path, BaseDirectory = Path.GetDirectoryName(path)!, Text = text, Settings = settings });

    private static LabSource WithFiles(LabSource source) =>
        source with { Files = LabReader.ReferencedFiles(source).ToDictionary(name => name, name => Read(Path.Combine(source.BaseDirectory, name))) };

    private static SourceFile Read(string path)
    {
        try
        {
            // Not File.ReadAllText: a pipe has no size, and /dev/zero no end.
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] bytes = new byte[MaximumBytes + 1];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length > MaximumBytes
                ? new SourceFile(null, "larger than 1 MiB")
                : new SourceFile(Decode(bytes.AsSpan(0, length)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new SourceFile(null, "no such file");
        }
        catch (DecoderFallbackException)
        {
            return new SourceFile(null, "not UTF-8 text");
        }
        catch (UnauthorizedAccessException)
        {
            return new SourceFile(null, Directory.Exists(path) ? "a folder, not a file" : "permission denied");
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return new SourceFile(null, e.Message);
        }
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        UTF8Encoding strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        return strict.GetString(bytes.StartsWith(mark) ? bytes[mark.Length..] : bytes);
    }

    /// <summary>A folder given for the file in it, or a file whose name was nearly right.</summary>
    private static string Hint(string path)
    {
        if (Directory.Exists(path))
        {
            string inside = Path.Combine(path, "lab.yaml");
            return File.Exists(inside) ? $"name the file in it: {inside}" : "name a lab file, such as cloud-init/lab.yaml";
        }

        string? folder = Path.GetDirectoryName(path);
        string[] names = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.y*ml").Select(name => Path.GetFileName(name))] : [];
        return File.Exists(path) ? "a lab file is a YAML text of at most 1 MiB that you can read"
            : Suggestion.For(Path.GetFileName(path), names) is { } near ? $"there is a file {near} in that folder"
            : "a lab file to begin with is cloud-init/lab.yaml";
    }
}
