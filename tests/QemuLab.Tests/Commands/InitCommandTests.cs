using System.Text.RegularExpressions;
using QemuLab.Commands;
using QemuLab.Engine.CloudInit;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Output;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>A lab file to begin with: from flags, from answers, and what is refused.</summary>
public sealed partial class InitCommandTests
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0uqf8Z8Wc5m0mV0nZr0mVh9cJ7p1s8v1y0q2m3n4o5 alice@laptop";

    private static readonly HostSize Room = new(8, ByteSize.FromGiB(16));
    private static readonly ImageCatalog Catalog = ImageCatalog.Load((string?)null);

    public static TheoryData<string> Templates => [.. LabTemplate.All.Select(template => template.Name)];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Every_template_with_every_answer_passes_the_check(string template)
    {
        var draft = new LabDraft
        {
            Template = LabTemplate.Find(template),
            Name = "demo",
            Image = "micro",
            User = "alice",
            PasswordHash = Sha512Crypt.Hash("secret", "saltstring"),
            SshKeys = [Key],
        };

        (string text, Lab lab, string? proposal) = draft.Compose("my.yaml", () => Room);

        LabReading reading = LabReader.Read(FakeLab.Source(text), Catalog.Images);
        Assert.Empty(reading.Diagnostics);
        Assert.Equal("demo", lab.Name.Value);
        Assert.All(lab.Machines, machine => Assert.Equal("micro", machine.Image));
        Assert.All(lab.Machines, machine => Assert.Contains(Key, machine.SshKeys));
        Assert.All(lab.Machines, machine => Assert.Contains("passwd: $6$saltstring$", machine.UserData[0].Text, StringComparison.Ordinal));
        Assert.NotNull(proposal);
        Assert.DoesNotContain("lab.schema.json", text, StringComparison.Ordinal);
        Assert.DoesNotContain("cloud-init/", text, StringComparison.Ordinal);
        Assert.Contains("\n# ", "\n" + text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public void Without_answers_a_template_stays_as_it_is_but_for_sizes(string template)
    {
        LabTemplate found = LabTemplate.Find(template);
        (string text, _, _) = new LabDraft { Template = found }.Compose("lab.yaml", () => Room);
        Assert.Empty(found.TextFor("lab.yaml").Split('\n').Where(line => !Size.IsMatch(line)).Except(text.Split('\n')));
    }

    [Theory]
    [InlineData(3, 112, 16384, 8, "128MiB", 2)]
    [InlineData(3, 400, 16384, 8, "1GiB", 2)]
    [InlineData(1, 400, 16384, 8, "2GiB", 2)]
    [InlineData(7, 400, 6144, 2, "400MiB", 1)]
    [InlineData(3, 400, 4096, 4, "640MiB", 1)]
    public void Sizes_fit_the_host_and_the_image(int machines, int least, int free, int cores, string memory, int cpus)
    {
        ProposedSizes sizes = ProposedSizes.For(machines, ByteSize.FromMiB(least), ByteSize.FromMiB(free), cores);
        Assert.Equal((memory, cpus), (sizes.Memory.ToString(), sizes.Cpus));
        Assert.Contains($"{cores} cores", sizes.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: 1 # one\nb: 2\n", "a", "3", "a: 3 # one\nb: 2\n")]
    [InlineData("# top\na:\n  b: 1\n\n  # about c\n  c: 2\nd: 3\n", "a.c", "9", "# top\na:\n  b: 1\n\n  # about c\n  c: 9\nd: 3\n")]
    [InlineData("a:\n  b: 1\n\n# about groups\ngroups:\n  x:\n", "a.c", "2", "a:\n  b: 1\n  c: 2\n\n# about groups\ngroups:\n  x:\n")]
    [InlineData("name: n\n# about groups\ngroups:\n  x:\n", "defaults.cpus", "2", "name: n\ndefaults:\n  cpus: 2\n\n# about groups\ngroups:\n  x:\n")]
    [InlineData("groups:\n  x:\n", "groups.x.memory", "1GiB", "groups:\n  x:\n    memory: 1GiB\n")]
    [InlineData("groups:\n  x:\n  y:\n    cpus: 1\n", "groups.x.cpus", "2", "groups:\n  x:\n    cpus: 2\n  y:\n    cpus: 1\n")]
    [InlineData("parameters:\n  n: 1\ngroups:\n  x:\n", "n", "2", "parameters:\n  n: 2\ngroups:\n  x:\n")]
    [InlineData("name: n\ngroups:\n  x:\n", "keys", "\n- a\n- b", "name: n\nkeys:\n  - a\n  - b\n\ngroups:\n  x:\n")]
    public void A_text_is_changed_where_it_should_be_and_nowhere_else(string text, string key, string value, string changed) =>
        Assert.Equal(changed, Engine.Labs.LabText.Set(text, key, value));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a: b", "\"a: b\"")]
    [InlineData("say \"it\" #1", "\"say \\\"it\\\" #1\"")]
    [InlineData("two\nlines", "\"two\\x0alines\"")]
    [InlineData("- x", "\"- x\"")]
    public void What_yaml_would_take_for_something_else_is_quoted(string value, string scalar) => Assert.Equal(scalar, LabDraft.Scalar(value));

    [Fact]
    public void Questions_are_asked_again_until_the_answer_is_good_and_name_what_is_usual()
    {
        var said = new StringWriter();
        var answers = new Queue<string?>(["three", "three-node", "Not A Name", "demo", "mico", "micro", "much", "", "0", "1"]);
        LabDraft draft = new InitQuestions(new Terminal(TextWriter.Null, said, null, Live: false), answers.Dequeue).Machines(Catalog, Room);
        Assert.Equal(("three-node", "demo", "micro", "128MiB", 1), (draft.Template.Name, draft.Name, draft.Image, draft.Memory, draft.Cpus));
        foreach (string expected in (string[])["Template [three-node]: ", "did you mean three-node?", "Name of the lab [lab]: ", "did you mean micro?", "8 cores", "Memory of each machine [128MiB]: ", "'much' is not a size"])
        {
            Assert.Contains(expected, said.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_input_that_ends_is_told()
    {
        var ended = new InitQuestions(new Terminal(TextWriter.Null, TextWriter.Null, null, Live: false), () => null);
        Assert.Equal("input-ended", Assert.Throws<Engine.QemuLabException>(() => ended.Machines(Catalog, Room)).Code);
    }

    [Fact]
    public async Task Flags_ask_nothing_and_what_is_written_is_never_written_over()
    {
        using var qemulab = new Qemulab { IsProbed = false };
        string file = Path.Combine(qemulab.Folder, "lab.yaml");
        CommandResult made = await qemulab.RunAsync("init", "--template", "kubernetes-ha", "--name", "demo", "--image", "micro", "--set", "workers=1");
        Assert.True(made.ExitCode == 0, made.Error);
        Assert.Equal("wrote lab.yaml: lab demo, 5 machines of micro\n", made.Output);
        Assert.Contains("note: chosen for this host: 128MiB and ", made.Error, StringComparison.Ordinal);
        string text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains("  workers: 1\n", text, StringComparison.Ordinal);
        Assert.Equal("lab.yaml: ok, 5 machines\n", (await qemulab.RunAsync("check")).Output);

        CommandResult again = await qemulab.RunAsync("init", "--template", "single");
        Assert.Equal((6, ""), (again.ExitCode, again.Output));
        Assert.StartsWith("error: lab.yaml is there already [", again.Error, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));

        Assert.Equal(0, (await qemulab.RunAsync("init", "--template", "single", "--memory", "3GiB", "--cpus", "1", "--force")).ExitCode);
        Assert.Contains("memory: 3GiB", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        CommandResult shown = await qemulab.RunAsync("init", "--template", "single", "-o", "-");
        Assert.Contains("\nname: single\n", shown.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(qemulab.Paths.Home));
    }

    [Theory]
    [InlineData("--template sngle", 4, "did you mean single?")]
    [InlineData("--image mico", 4, "did you mean micro?")]
    [InlineData("--name Not_A_Name", 2, "lab.yaml:")]
    [InlineData("--set nosuch.key=1", 2, "lab.yaml:")]
    [InlineData("--set workers", 2, "'workers' is not a setting")]
    [InlineData("--memory much", 2, "lab.yaml:")]
    [InlineData("--cpus 0", 2, "lab.yaml:")]
    [InlineData("--password-stdin", 2, "a password needs a user")]
    [InlineData("--user alice --password-stdin", 2, "standard input has no password")]
    [InlineData("--ssh-key nosuch.pub", 2, "there is no file nosuch.pub")]
    [InlineData("--output /nosuch/lab.yaml", 2, "there is no folder /nosuch")]
    [InlineData("--output /nosuch/lab.yaml --force", 2, "there is no folder /nosuch")]
    [InlineData("--user Al:ice", 2, "'Al:ice' is not a login name")]
    public async Task What_does_not_fit_is_told_and_nothing_is_written(string line, int code, string error)
    {
        using var qemulab = new Qemulab { IsProbed = false };
        CommandResult result = await qemulab.RunAsync(["init", .. line.Split(' ')]);
        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.Contains(error, result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(qemulab.Folder, "lab.yaml")));
    }

    [Fact]
    public async Task A_password_is_hashed_and_its_file_is_for_its_owner_only()
    {
        using var qemulab = new Qemulab { IsProbed = false };
        await File.WriteAllTextAsync(Path.Combine(qemulab.Folder, "id.pub"), Key + "\n", TestContext.Current.CancellationToken);
        CommandResult made = await new CommandRunner().RunAsync(
            qemulab.Describe("bash", "-c", "echo 'Hello world!' | \"$QEMULAB\" init --template single --image micro --user alice --password-stdin --ssh-key id.pub"), TestContext.Current.CancellationToken);
        Assert.True(made.ExitCode == 0, made.Error);
        string file = Path.Combine(qemulab.Folder, "lab.yaml");
        string text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Match hash = Regex.Match(text, @"passwd: (\$6\$([./0-9A-Za-z]{16})\$[./0-9A-Za-z]{86})\n");
        Assert.Equal(Sha512Crypt.Hash("Hello world!", hash.Groups[2].Value), hash.Groups[1].Value);
        Assert.DoesNotContain("Hello", text, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(0, (await qemulab.RunAsync("check")).ExitCode);
    }

    [Fact]
    public async Task A_private_key_is_not_taken_and_not_quoted()
    {
        using var qemulab = new Qemulab { IsProbed = false };
        await File.WriteAllTextAsync(Path.Combine(qemulab.Folder, "id"), "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n", TestContext.Current.CancellationToken);
        CommandResult refused = await qemulab.RunAsync("init", "--ssh-key", "id");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("id is a private key", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("c2Vj", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Templates_are_the_samples()
    {
        using var qemulab = new Qemulab { IsProbed = false };
        CommandResult list = await qemulab.RunAsync("template", "list");
        Assert.All(LabTemplate.All, template => Assert.Contains(template.Name, list.Output, StringComparison.Ordinal));
        CommandResult show = await qemulab.RunAsync("template", "show", "three-node");
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Golden.Cases, "..", "..", "..", "cloud-init", "lab.yaml"), TestContext.Current.CancellationToken), show.Output);
        CommandResult wrong = await qemulab.RunAsync("template", "show", "tree-node");
        Assert.Equal(4, wrong.ExitCode);
        Assert.Contains("did you mean three-node?", wrong.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\s*(memory|cpus):")]
    private static partial Regex Size { get; }
}
