using System.Text.Json;
using System.Text.RegularExpressions;
using QemuLab.Engine.Errors;
using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>The catalogue of errors against the source that throws them, and the verb that reads it out.</summary>
public sealed partial class ErrorCatalogueTests(Qemulab qemulab) : IClassFixture<Qemulab>
{
    [Fact]
    public void Every_code_of_the_source_is_in_the_catalogue_and_no_other()
    {
        HashSet<string> thrown = [.. Thrown()];
        Assert.True(thrown.Count > 150, $"only {thrown.Count} codes were found in the source");
        Assert.Equal(thrown.Order(), ErrorCatalogue.All.Select(error => error.Code).Order());
    }

    [Fact]
    public void Numbers_count_up_and_each_entry_is_whole()
    {
        Assert.Equal(Enumerable.Range(1, ErrorCatalogue.All.Count).Select(ErrorCatalogue.NumberText), ErrorCatalogue.All.Select(error => error.Number));
        Assert.All(ErrorCatalogue.All, error =>
        {
            Assert.Matches(Kebab, error.Code);
            Assert.Matches(Sentence, error.Meaning);
            Assert.Matches(Sentence, error.Remedy);
        });
    }

    /// <summary>Numbers are quoted in bug reports and looked up years later: these were given, and stay.</summary>
    [Theory]
    [InlineData("QL0001", "usage")]
    [InlineData("QL0020", "lab-file-invalid")]
    [InlineData("QL0050", "lab-not-found")]
    [InlineData("QL0100", "launch-timeout")]
    [InlineData("QL0158", "port-taken")]
    [InlineData("QL0187", "no-arguments")]
    public void A_number_that_was_given_stays(string number, string code) => Assert.Equal(code, ErrorCatalogue.Find(number)?.Code);

    [Theory]
    [InlineData("QL0158")]
    [InlineData("ql158")]
    [InlineData("158")]
    [InlineData("port-taken")]
    [InlineData("PORT-TAKEN")]
    public void An_error_is_found_in_any_spelling(string word) => Assert.Equal("port-taken", ErrorCatalogue.Find(word)?.Code);

    [Fact]
    public async Task Explain_says_what_it_means_and_starts_no_daemon()
    {
        using var fresh = new Qemulab { IsProbed = false };
        CommandResult text = await fresh.RunAsync("explain", "QL0158");
        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.StartsWith("QL0158 port-taken\n\nA host port is used by another program", text.Output, StringComparison.Ordinal);
        Assert.Contains("\nWhat to try: Stop that program", text.Output, StringComparison.Ordinal);
        using JsonDocument one = JsonDocument.Parse((await fresh.RunAsync("explain", "port-taken", "--json")).Output);
        Assert.Equal("QL0158", one.RootElement.GetProperty("number").GetString());
        using JsonDocument all = JsonDocument.Parse((await fresh.RunAsync("explain", "--list", "--json")).Output);
        Assert.Equal(ErrorCatalogue.All.Count, all.RootElement.GetArrayLength());
        Assert.Equal(ErrorCatalogue.All.Count + 1, (await fresh.RunAsync("explain", "--list")).Output.TrimEnd('\n').Split('\n').Length);
        Assert.False(Directory.Exists(fresh.Paths.Home));
    }

    [Theory]
    [InlineData("explain port-takn", 4, "error: there is no error 'port-takn' [QL0188]\nhint: did you mean port-taken?\n")]
    [InlineData("explain QL9999", 4, "error: there is no error 'QL9999' [QL0188]\nhint: run: qemulab explain --list\n")]
    [InlineData("explain", 2, "error: name an error, or give --list [QL0001]\n")]
    [InlineData("explain usage --list", 2, "error: --list and an error exclude each other [QL0001]\n")]
    public async Task What_cannot_be_explained_is_told(string line, int code, string error)
    {
        CommandResult result = await qemulab.RunAsync(line.Split(' '));
        Assert.Equal((code, "", error), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task A_mistyped_name_is_met_with_the_nearest()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync("name: k8s\nimage: micro\nnetworks: { storage: {} }\ngroups: { worker: { count: 2, networks: [{ name: storage }] } }");
        Assert.Equal(0, (await daemon.RunAsync("snapshot", "create", "joined")).ExitCode);
        (string Line, string Hint)[] wrong =
        [
            ("list k8", "did you mean k8s?"), ("down k9s", "did you mean k8s?"), ("info woker", "did you mean worker?"), ("info worker00", "did you mean worker0?"), ("start --all --lab k8", "did you mean k8s?"),
            ("rewind joind", "did you mean joined?"), ("snapshot delete joned", "did you mean joined?"), ("network show k8s/storge", "did you mean k8s/storage?"), ("network cut worker --network storge", "did you mean storage?"),
            ("image rm mico", "did you mean micro?"), ("image pull mcro", "did you mean micro?"),
        ];
        foreach ((string line, string hint) in wrong)
        {
            CommandResult result = await daemon.RunAsync(line.Split(' '));
            Assert.Equal((4, "hint: " + hint), (result.ExitCode, result.Error.TrimEnd('\n').Split('\n')[^1]));
        }
    }

    /// <summary>The codes that the source gives to its errors, read from its text.</summary>
    private static IEnumerable<string> Thrown()
    {
        string source = Path.Combine(Golden.Cases, "..", "..", "..", "src");
        Dictionary<string, string> files = Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllText);
        ILookup<string, (string Type, string Code)> constants = files
            .SelectMany(file => Constant.Matches(file.Value), (file, match) => (Name: match.Groups[1].Value, Type: Path.GetFileNameWithoutExtension(file.Key), Code: match.Groups[2].Value))
            .ToLookup(constant => constant.Name, constant => (constant.Type, constant.Code));
        foreach ((string file, string text) in files)
        {
            // QEMU's own words that are known, each with its code.
            IEnumerable<Match> quoted = Path.GetFileName(file) == "QemuStartException.cs" ? Second.Matches(text) : [];
            foreach (Match match in Literal.Matches(text).Concat(quoted))
            {
                yield return match.Groups[1].Value;
            }

            foreach (Match match in Named.Matches(text))
            {
                string type = match.Groups[1].Value is { Length: > 0 } other ? other.TrimEnd('.') : Path.GetFileNameWithoutExtension(file);
                foreach ((_, string code) in constants[match.Groups[2].Value].Where(constant => constant.Type == type))
                {
                    yield return code;
                }
            }
        }
    }

    /// <summary>Behind a kind of error, first of what makes one, of a choice of two, or what a bug has.</summary>
    [GeneratedRegex("""(?:(?:ErrorKind\.\w+|\bkind|Kind),\s*(?:\w+ \?\? |\w+ \? "[a-z-]+" : )?|(?:GuestCommandException|Conflict|Failure|yield return new)\(\s*|isFull \? |BugCode = )"([a-z]+[0-9]?(?:-[a-z0-9]+)*)"(?=[,);: ])""")]
    private static partial Regex Literal { get; }

    [GeneratedRegex("""(?:ErrorKind\.\w+|\bkind|Failure\(|Kind),?\s*([A-Z]\w+\.)?([A-Z]\w+),""")]
    private static partial Regex Named { get; }

    [GeneratedRegex("\", \"([a-z-]+)\", \"")]
    private static partial Regex Second { get; }

    [GeneratedRegex("""const string (\w+) = "([a-z0-9]+(?:-[a-z0-9]+)*)";""")]
    private static partial Regex Constant { get; }

    [GeneratedRegex("^[A-Za-z0-9~/].*[.?]$")]
    private static partial Regex Sentence { get; }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex Kebab { get; }
}
