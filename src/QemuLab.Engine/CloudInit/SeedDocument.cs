using System.Globalization;
using System.Text.RegularExpressions;
using QemuLab.Engine.Labs;

namespace QemuLab.Engine.CloudInit;

/// <summary>One of the user's documents as a mapping, whatever form it had, with the places to point at.</summary>
internal sealed partial record SeedDocument
{
    public required UserDataPart Part { get; init; }

    public required ConfigNode.Mapping Root { get; init; }

    private IReadOnlyDictionary<string, (int Line, int Column)> Places { get; init; } = new Dictionary<string, (int, int)>();

    /// <summary>Where scripts of user-data are put in the guest.</summary>
    public const string ScriptFolder = "/var/lib/qemulab";

    /// <param name="number">1 for the machine's first document.</param>
    /// <exception cref="LabFileException">It is neither cloud-config nor a script, or not valid.</exception>
    public static SeedDocument Read(UserDataPart part, int number)
    {
        string firstLine = part.Text.TrimStart('\uFEFF').Split('\n')[0].TrimEnd();
        if (firstLine.StartsWith("#!", StringComparison.Ordinal))
        {
            return new SeedDocument { Part = part, Root = Script(part.Text, number) };
        }

        if (ForeignForm().IsMatch(firstLine))
        {
            throw new LabFileException([Place(part, 1, 1, "user-data is '#cloud-config' or a script that begins with '#!'; cloud-init's other forms cannot be merged", Severity.Error)]);
        }

        try
        {
            ConfigDocument document = ConfigReader.Read(part.Text);
            return new SeedDocument { Part = part, Root = document.Root, Places = document.Places };
        }
        catch (ConfigFaultException fault)
        {
            throw new LabFileException([Place(part, fault.Line, fault.Column, fault.Message, Severity.Error)]);
        }
    }

    public Diagnostic Warning(string key, string message)
    {
        (int line, int column) = Places.GetValueOrDefault(key, (1, 1));
        return Place(Part, line, column, message, Severity.Warning);
    }

    /// <summary>
    /// A script among cloud-config documents would need a multipart message; a file and a command that runs it do the same,
    /// keep its place in the order, and can be looked at in the guest.
    /// </summary>
    private static ConfigNode.Mapping Script(string text, int number)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"{ScriptFolder}/user-data-{number:00}");
        return new ConfigNode.Mapping(
        [
            ("write_files", new ConfigNode.Sequence([new ConfigNode.Mapping([("path", path), ("permissions", "0700"), ("content", text)])])),
            ("runcmd", new ConfigNode.Sequence([ConfigNode.Sequence.Of(path)])),
        ]);
    }

    /// <summary>The document's place: in a file of its own its own lines; inside of a lab file the place of the block that holds it.</summary>
    private static Diagnostic Place(UserDataPart part, int line, int column, string message, Severity severity)
    {
        Match inside = InsideOfFile().Match(part.Origin);
        return inside.Success
            ? new Diagnostic(inside.Groups[1].Value, Number(inside.Groups[2]), Number(inside.Groups[3]), $"user-data line {line}: {message}", severity)
            : new Diagnostic(part.Origin, line, column, message, severity);
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A(.+):(\d{1,9}):(\d{1,9})\z")]
    private static partial Regex InsideOfFile();

    // What cloud-init takes for something else than cloud-config, by its first line.
    [GeneratedRegex(@"\A(#(include|include-once|cloud-boothook|cloud-config-archive|cloud-config-jsonp|part-handler|upstart-job)\b(?!-)|## *template:|Content-Type:|MIME-Version:)", RegexOptions.IgnoreCase)]
    private static partial Regex ForeignForm();
}
