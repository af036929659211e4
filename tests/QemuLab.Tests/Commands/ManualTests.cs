using System.Text.RegularExpressions;
using QemuLab.Commands;
using QemuLab.Commands.Manual;
using QemuLab.Engine.Hosts;
using QemuLab.Output;
using QemuLab.Tests.Fakes;
using Command = System.CommandLine.Command;

namespace QemuLab.Tests.Commands;

/// <summary>Manual pages: what man(1) needs of them, and that they say what help says.</summary>
public sealed partial class ManualTests
{
    private static readonly Command Root = CommandTree.Create(new Cli(new Terminal(TextWriter.Null, TextWriter.Null, null, Live: false), _ => null));

    [Fact]
    public void Every_page_has_its_parts_in_their_order_and_only_macros_that_are_known()
    {
        foreach (Command verb in ManualPage.All(Root))
        {
            string page = ManualPage.Of(verb), name = ManualPage.NameOf(verb);
            string[] lines = page.TrimEnd('\n').Split('\n');
            Assert.StartsWith(".TH " + name.ToUpperInvariant().Replace("-", "\\-", StringComparison.Ordinal) + " 1 \"\" ", lines[1], StringComparison.Ordinal);
            Assert.StartsWith($"{name.Replace("-", "\\-", StringComparison.Ordinal)} \\- ", lines[3], StringComparison.Ordinal);
            string[] sections = [.. lines.Where(line => line.StartsWith(".SH ", StringComparison.Ordinal)).Select(line => line[4..])];
            string[] order = ["NAME", "SYNOPSIS", "DESCRIPTION", "ARGUMENTS", "OPTIONS", "COMMANDS", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"];
            Assert.Equal(order.Where(sections.Contains), sections);
            Assert.Subset(sections.ToHashSet(), new HashSet<string> { "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS" });
            Assert.All(lines.Where(line => line.StartsWith('.')), line => Assert.Matches(Macro, line));
            Assert.DoesNotContain(lines, string.IsNullOrWhiteSpace);
            // A dash that is not escaped is no dash that can be pasted.
            Assert.DoesNotMatch(BareDash, string.Join('\n', lines.Where(line => !line.StartsWith('.'))));
        }
    }

    [Fact]
    public async Task A_page_has_every_line_of_the_help()
    {
        using var qemulab = new Qemulab { IsProbed = false };
        CommandResult page = await qemulab.RunAsync("man", "snap", "create");
        Assert.Equal((0, ""), (page.ExitCode, page.Error));
        string text = page.Output.Replace("\\-", "-", StringComparison.Ordinal).Replace("\\fB", "", StringComparison.Ordinal).Replace("\\fI", "", StringComparison.Ordinal).Replace("\\fR", "", StringComparison.Ordinal);
        foreach (string part in (string[])["qemulab snapshot create name [options]", "-m, --message text", "Without memory: guest agents freeze", "Also called: take.", "qemulab snapshot create nightly --disk-only", "qemulab-snapshot(1)"])
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task All_pages_are_written_the_same_each_time_and_start_no_daemon()
    {
        using var qemulab = new Qemulab { IsProbed = false };
        Assert.Equal(0, (await qemulab.RunAsync("man", "--all", "one/man1")).ExitCode);
        Assert.Equal(0, (await qemulab.RunAsync("man", "--all", "two")).ExitCode);
        string[] one = Directory.GetFiles(Path.Combine(qemulab.Folder, "one/man1"));
        Assert.Equal(ManualPage.All(Root).Count(), one.Length);
        Assert.Contains(one, file => file.EndsWith("/qemulab-image-pull.1", StringComparison.Ordinal));
        Assert.All(one, file => Assert.Equal(File.ReadAllText(file), File.ReadAllText(Path.Combine(qemulab.Folder, "two", Path.GetFileName(file)))));
        Assert.False(Directory.Exists(qemulab.Paths.Home));
    }

    [Fact]
    public async Task A_verb_that_is_not_there_is_told_with_the_nearest()
    {
        using var qemulab = new Qemulab { IsProbed = false };
        CommandResult wrong = await qemulab.RunAsync("man", "snapshot", "creat");
        Assert.Equal((2, ""), (wrong.ExitCode, wrong.Output));
        Assert.Contains("there is no command 'creat'", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean create?", wrong.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\.(\\"" |TH |SH |TP$|PP$)")]
    private static partial Regex Macro { get; }

    [GeneratedRegex(@"(?<!\\)-")]
    private static partial Regex BareDash { get; }
}
