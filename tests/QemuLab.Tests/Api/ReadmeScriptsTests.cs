using System.Text.Json;
using System.Text.RegularExpressions;
using QemuLab.Engine.Hosts;
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
        string[] lines = [.. Block("sh").Split('\n').Where(line => line.StartsWith("curl ", StringComparison.Ordinal))];
        Assert.True(lines.Length >= 4);
        foreach (string line in lines)
        {
            bool follows = line.Contains(" -sN ", StringComparison.Ordinal);
            string command = line.Replace("~/.local/share/qemulab/daemon.sock", daemon.Lab.Paths.DaemonSocket, StringComparison.Ordinal).Replace("curl ", follows ? "curl --max-time 1 " : "curl --fail-with-body ", StringComparison.Ordinal);

            CommandResult result = await RunAsync(new Command("bash", "-c", command));

            Assert.True(result.ExitCode == (follows ? 28 : 0), $"{line}\n{result.ExitCode}: {result.Output}{result.Error}");
            if (!follows)
            {
                JsonDocument.Parse(result.Output).Dispose();
            }
        }
    }

    [Fact]
    public async Task The_Python_script_names_the_machines()
    {
        await using FakeDaemon daemon = await FakeDaemon.StartAsync(Lab);

        CommandResult result = await RunAsync(new Command("python3", "-") { Input = Block("python"), Environment = new Dictionary<string, string?> { ["QEMULAB_HOME"] = daemon.Lab.Paths.Home } });

        Assert.Equal("control0 Running\nworker0 Running\nworker1 Running\n", result.Output);
    }

    private static string Block(string language) => Regex.Match(Scripts, $"```{language}\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;

    private static Task<CommandResult> RunAsync(Command command) => new CommandRunner().RunAsync(command with { TimeLimit = TimeSpan.FromSeconds(30) });

    [GeneratedRegex(@"^## Scripts\n.*?^## ", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Section();
}
