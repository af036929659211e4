using System.Text;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.CloudInit;

/// <summary>
/// Other people's readers on our discs. Needs isoinfo (package genisoimage), xorriso, blkid (util-linux) and file: <c>make deps</c>
/// installs them, and a missing one is a failure.
/// </summary>
public sealed class SeedDiscToolsTests : IDisposable
{
    private static readonly string[] Names = ["meta-data", "network-config", "user-data", "vendor-data"];

    private readonly string folder = Directory.CreateTempSubdirectory("ql-iso-").FullName;
    private readonly CommandRunner runner = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Disc(int userDataSize)
    {
        string text = string.Concat(Enumerable.Range(0, userDataSize).Select(i => (char)('a' + (i % 26))));
        string path = Path.Combine(folder, $"{userDataSize}.iso");
        File.WriteAllBytes(path, SeedImage.Build(new SeedContent { InstanceId = "x", MetaData = "instance-id: x\n", UserData = text, NetworkConfig = "version: 2\n" }));
        return path;
    }

    private async Task<string> OutputAsync(string program, params string[] arguments)
    {
        CommandResult result = await runner.RunAsync(new Command(program, arguments) { TimeLimit = TimeSpan.FromSeconds(60) });
        Assert.True(result.Succeeded, $"{program} ended with {result.ExitCode}: {result.Error}");
        return result.Output + result.Error;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(200_000)]
    public async Task Isoinfo_lists_and_extracts_every_file_by_Joliet_and_by_Rock_Ridge(int size)
    {
        string disc = Disc(size);
        foreach (string names in (string[])["-J", "-R"])
        {
            string list = await OutputAsync("isoinfo", names, "-l", "-i", disc);
            Assert.All(Names, name => Assert.Matches($@"\d+ \[ +\d+ 00\] +{name} *\n", list));
            Assert.Contains($" {size} Jan  1 2000", list, StringComparison.Ordinal);
            Assert.Equal(size, (await OutputAsync("isoinfo", names, "-x", "/user-data", "-i", disc)).Length);
            Assert.Equal("version: 2\n", await OutputAsync("isoinfo", names, "-x", "/network-config", "-i", disc));
        }
    }

    [Fact]
    public async Task Isoinfo_takes_the_descriptors_for_what_they_are()
    {
        string text = await OutputAsync("isoinfo", "-d", "-i", Disc(100));
        Assert.Contains("Volume id: cidata", text, StringComparison.Ordinal);
        Assert.Contains("Joliet with UCS level 3 found", text, StringComparison.Ordinal);
        Assert.Contains("Rock Ridge signatures version 1 found", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200_000)]
    public async Task Xorriso_reads_the_disc_and_gives_the_files_back(int size)
    {
        string disc = Disc(size);
        string target = Path.Combine(folder, "out");

        string text = await OutputAsync("xorriso", "-osirrox", "on", "-indev", disc, "-extract", "/", target);

        Assert.Contains("Volume id    : 'cidata'", text, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", text, StringComparison.Ordinal);
        Assert.DoesNotContain("FAILURE", text, StringComparison.Ordinal);
        File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal(Names, Directory.GetFiles(target).Select(Path.GetFileName).Order());
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Path.Combine(target, "user-data")));
        Assert.Equal(size, (await File.ReadAllTextAsync(Path.Combine(target, "user-data"), Encoding.UTF8)).Length);
    }

    [Fact]
    public async Task Blkid_and_file_find_the_label_that_cloud_init_looks_for()
    {
        string disc = Disc(100);
        Assert.Contains("LABEL=\"cidata\" TYPE=\"iso9660\"", await OutputAsync("/usr/sbin/blkid", "-p", disc).ContinueWith(text => Between(text.Result)), StringComparison.Ordinal);
        Assert.Contains("ISO 9660 CD-ROM filesystem data 'cidata'", await OutputAsync("file", disc), StringComparison.Ordinal);
    }

    /// <summary>blkid's fields in one order: it adds ids and block sizes by version.</summary>
    private static string Between(string text) =>
        string.Join(' ', text.Split(' ').Where(field => field.StartsWith("LABEL=", StringComparison.Ordinal) || field.StartsWith("TYPE=", StringComparison.Ordinal)));
}
