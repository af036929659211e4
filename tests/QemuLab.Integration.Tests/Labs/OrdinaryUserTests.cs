using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>Nothing needs root: where the tests have it, a lab is run without.</summary>
public sealed class OrdinaryUserTests
{
    private const string Lab = """
        name: plain
        image: micro
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          box: {}
        """;

    /// <summary>A user with an entry in passwd: ssh and ssh-keygen refuse to run for one without.</summary>
    private static readonly string[] AsOrdinaryUser = ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"];

    [Fact(Timeout = 300_000)]
    public async Task A_lab_comes_up_and_goes_for_an_ordinary_user()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.NotEqual("root", Environment.UserName); // every other test of this folder is this one
            return;
        }

        await using var home = new TestHome();
        using var program = new TemporaryProgram();
        await FetchImageAsync();
        await RunAsync("rm", Path.Combine(home.Path, "images"));
        await RunAsync("cp", "--recursive", Path.Combine(TestHome.SharedImages, "micro"), Directory.CreateDirectory(Path.Combine(home.Path, "images")).FullName);
        string lab = home.Write("lab.yaml", Lab);
        await RunAsync("cp", "--recursive", Path.GetDirectoryName(TestHome.Binary)! + "/.", program.Folder);
        await RunAsync("chown", "--recursive", "nobody:nogroup", home.Path, program.Folder);

        Assert.NotEqual("0\n", (await RunAsync("setpriv", [.. AsOrdinaryUser, "id", "-u"])).Output);
        await OutputAsync(home, program, "launch-all", lab);
        Assert.Contains("uid=", await OutputAsync(home, program, "exec", "box", "--", "id"), StringComparison.Ordinal);
        Assert.All(home.Processes(), pid => Assert.NotEqual("0", OwnerOf(pid)));
        await OutputAsync(home, program, "down", "--purge", "--yes");

        Assert.Empty(home.Processes());
        Assert.False(Directory.Exists(Path.Combine(home.Path, "labs", "plain")));
    }

    /// <summary>Into the folder that all tests share.</summary>
    private static async Task FetchImageAsync()
    {
        await using var home = new TestHome();
        await home.OutputAsync("image", "pull", "micro");
    }

    private static async Task<string> OutputAsync(TestHome home, TemporaryProgram program, params string[] arguments)
    {
        Command command = home.Describe(arguments);
        CommandResult result = await new CommandRunner().RunAsync(command with
        {
            Program = "setpriv",
            Arguments = [.. AsOrdinaryUser, Path.Combine(program.Folder, "qemulab"), .. command.Arguments],
            Environment = new Dictionary<string, string?>(command.Environment) { ["HOME"] = home.Path, ["USER"] = "nobody", ["XDG_CONFIG_HOME"] = null, ["XDG_RUNTIME_DIR"] = null },
        });
        Assert.True(result.Succeeded, $"qemulab {string.Join(' ', arguments)} ended with {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result.Output;
    }

    private static async Task<CommandResult> RunAsync(string program, params string[] arguments)
    {
        CommandResult result = await new CommandRunner().RunAsync(new Command(program, arguments) { TimeLimit = TimeSpan.FromMinutes(1) });
        Assert.True(result.Succeeded, $"{program}: {result.Error}");
        return result;
    }

    /// <summary>A copy of the binary that the ordinary user may run: the checkout may lie in a folder that is closed to it.</summary>
    private sealed class TemporaryProgram : IDisposable
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("qlbin-").FullName;

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }

    private static string OwnerOf(int pid) => File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];
}
