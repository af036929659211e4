using System.Text.Json;
using System.Text.RegularExpressions;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Api;

/// <summary>What the README shows for scripts, run as it is written there.</summary>
public sealed partial class ReadmeScriptsTests
{
    private const string Lab = "name: k8s\nimage: micro\ngroups: { control: { count: 1 }, worker: { count: 2 } }";

    private static readonly string Scripts = Section().Match(File.ReadAllText(Path.Combine(Golden.Cases, "..", "..", "..", "README.md"))).Value;

    [Fact]
    public async Task Each_line_for_curl_gets_its_answer()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "lab.yaml"), Lab);
        string[] lines = [.. Block("sh").Split('\n')];
        string variable = lines[0].Replace("~/.local/share/qemulab/daemon.sock", daemon.Lab.Paths.DaemonSocket, StringComparison.Ordinal);
        Assert.Equal($"socket={daemon.Lab.Paths.DaemonSocket}", variable);
        string[] calls = [.. lines.Where(line => line.StartsWith("curl ", StringComparison.Ordinal))];
        Assert.Equal(9, calls.Length);
        foreach (string line in calls)
        {
            bool follows = line.Contains(" -sN ", StringComparison.Ordinal);
            string command = line.Replace("curl ", follows ? "curl --max-time 1 " : "curl --fail-with-body ", StringComparison.Ordinal);

            CommandResult result = await RunAsync(new Command("bash", "-c", $"{variable}\n{command}") { WorkingDirectory = folder.Path });

            Assert.True(result.ExitCode == (follows ? 28 : 0), $"{line}\n{result.ExitCode}: {result.Output}{result.Error}");
            if (!follows)
            {
                JsonDocument.Parse(line.Contains(" -o ", StringComparison.Ordinal) ? await File.ReadAllTextAsync(Path.Combine(folder.Path, "machines.json")) : result.Output).Dispose();
            }
        }
    }

    [Fact]
    public async Task What_curl_has_seen_is_not_sent_to_it_again()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        using var folder = new TemporaryDirectory();
        string line = Block("sh").Split('\n').First(line => line.Contains("--etag-compare", StringComparison.Ordinal)).Split('#')[0];
        CommandResult result = await RunAsync(new Command("bash", "-c", $"socket={daemon.Lab.Paths.DaemonSocket}\n{line} -w '%{{http_code}} '\n{line} -w '%{{http_code}}'") { WorkingDirectory = folder.Path });
        Assert.Equal("200 304", result.Output);
    }

    [Fact]
    public async Task The_Python_script_names_the_machines()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);

        CommandResult result = await RunAsync(new Command("python3", "-") { Input = Block("python"), Environment = new Dictionary<string, string?> { ["QEMULAB_HOME"] = daemon.Lab.Paths.Home } });

        Assert.Equal($"control0 Running\nworker0 Running\nworker1 Running\nUnchanged\n{FirstEvent(daemon)}\n", result.Output);
    }

    [Fact]
    public async Task The_CSharp_program_is_the_one_that_is_compiled_and_names_the_machines()
    {
        string tests = Path.Combine(Golden.Cases, "..", "..");
        Assert.Equal(Block("csharp"), await File.ReadAllTextAsync(Path.Combine(tests, "QemuLab.Scripts", "Program.cs")));
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);
        string built = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "QemuLab.Scripts", new DirectoryInfo(AppContext.BaseDirectory).Name, "QemuLab.Scripts"));

        CommandResult result = await RunAsync(new Command(built) { Environment = new Dictionary<string, string?> { ["QEMULAB_HOME"] = daemon.Lab.Paths.Home } });

        Assert.Equal(("", "control0 Running\nworker0 Running\nworker1 Running\nUnchanged\n"), (result.Error, result.Output));
    }

    private static string FirstEvent(FakeDaemon daemon)
    {
        LabEvent first = daemon.Labs.Events.Since(0)[0];
        return $"{first.Id} {first.Lab} {first.Machine ?? "None"} {first.Word}";
    }

    private static string Block(string language) => Regex.Match(Scripts, $"```{language}\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;

    private static Task<CommandResult> RunAsync(Command command) => new CommandRunner().RunAsync(command with { TimeLimit = TimeSpan.FromSeconds(30) });

    [GeneratedRegex(@"^## Scripts\n.*?^## ", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Section();
}
