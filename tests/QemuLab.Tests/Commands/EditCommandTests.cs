using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Commands;

/// <summary>Editing with programs that edit by themselves.</summary>
public sealed class EditCommandTests : IDisposable
{
    private const string Before = "# mine\nname: k8s\nimage: micro\ngroups: { a: {} }\n";

    private readonly Qemulab qemulab = new() { IsProbed = false };

    private string LabFile => Path.Combine(qemulab.Folder, "lab.yaml");

    [Fact]
    public async Task A_good_text_takes_the_files_place_with_its_mode_and_through_its_link()
    {
        await File.WriteAllTextAsync(Path.Combine(qemulab.Folder, "real.yaml"), Before, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(Path.Combine(qemulab.Folder, "real.yaml"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.CreateSymbolicLink(LabFile, "real.yaml");
        CommandResult edited = await EditAsync("sed -i s/k8s/demo/");
        Assert.Equal((0, "lab.yaml: changed\n", ""), (edited.ExitCode, edited.Output, edited.Error));
        Assert.Equal(Before.Replace("k8s", "demo", StringComparison.Ordinal), await File.ReadAllTextAsync(LabFile, TestContext.Current.CancellationToken));
        Assert.NotNull(File.ResolveLinkTarget(LabFile, false));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Path.Combine(qemulab.Folder, "real.yaml")));
        Assert.Empty(Copies());
    }

    [Fact]
    public async Task A_text_with_faults_does_not_and_is_kept()
    {
        await File.WriteAllTextAsync(LabFile, Before, TestContext.Current.CancellationToken);
        CommandResult edited = await EditAsync("sed -i s/image/imaeg/");
        string copy = Assert.Single(Copies());
        Assert.Equal((2, ""), (edited.ExitCode, edited.Output));
        Assert.Contains("lab.yaml:3:1: ", edited.Error, StringComparison.Ordinal);
        Assert.Contains("error: lab.yaml was not changed: what was edited has faults [", edited.Error, StringComparison.Ordinal);
        Assert.EndsWith($"hint: your text is kept: {copy}\n", edited.Error, StringComparison.Ordinal);
        Assert.Equal(Before, await File.ReadAllTextAsync(LabFile, TestContext.Current.CancellationToken));
        Assert.Contains("imaeg: micro", await File.ReadAllTextAsync(copy, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", 0, "note: lab.yaml is as it was\n")]
    [InlineData("false", 0, "note: lab.yaml is as it was; the editor ended with exit code 1\n")]
    [InlineData("nosuch-editor --wait", 1, null)]
    public async Task Nothing_is_left_where_nothing_was_edited(string editor, int code, string? error)
    {
        await File.WriteAllTextAsync(LabFile, Before, TestContext.Current.CancellationToken);
        CommandResult edited = await EditAsync(editor);
        Assert.Equal((code, ""), (edited.ExitCode, edited.Output));
        Assert.Equal(error ?? edited.Error, edited.Error);
        Assert.Equal(Before, await File.ReadAllTextAsync(LabFile, TestContext.Current.CancellationToken));
        Assert.Empty(Copies());
    }

    [Fact]
    public async Task A_file_that_somebody_else_has_changed_meanwhile_is_left_so()
    {
        await File.WriteAllTextAsync(LabFile, Before, TestContext.Current.CancellationToken);
        string editor = Path.Combine(qemulab.Folder, "editor");
        await File.WriteAllTextAsync(editor, "#!/bin/sh\nsed -i s/k8s/mine/ \"$1\"; echo '# theirs' >> lab.yaml\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(editor, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        CommandResult edited = await EditAsync(editor);
        Assert.Equal(2, edited.ExitCode);
        Assert.Contains("was changed by somebody else", edited.Error, StringComparison.Ordinal);
        Assert.EndsWith("# theirs\n", await File.ReadAllTextAsync(LabFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("name: mine", await File.ReadAllTextAsync(Assert.Single(Copies()), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_must_be_a_file()
    {
        CommandResult none = await EditAsync("true");
        Assert.Equal(2, none.ExitCode);
        Assert.StartsWith("error: lab.yaml: ", none.Error, StringComparison.Ordinal);
    }

    public void Dispose() => qemulab.Dispose();

    private Task<CommandResult> EditAsync(string editor)
    {
        Command command = qemulab.Describe(Qemulab.Program, "edit");
        return new CommandRunner().RunAsync(command with { Environment = new Dictionary<string, string?>(command.Environment) { ["EDITOR"] = editor, ["VISUAL"] = "" } }, TestContext.Current.CancellationToken);
    }

    private string[] Copies() => Directory.GetFiles(qemulab.Folder, ".lab.edit-*");
}
