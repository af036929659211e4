using System.Diagnostics;
using System.Text.Json;
using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>The daemon in systemd's hands while machines run. systemctl is a script that writes down what it is asked; what systemd does with the socket, systemd-socket-activate does (package systemd).</summary>
public sealed class ServiceTests
{
    private const string Lab = """
        name: hosted
        image: micro
        autostart: true
        defaults: { cpus: 1, memory: 128MiB }
        groups:
          box: {}
          idle: { autostart: false }
        """;

    [Fact(Timeout = 300_000)]
    public async Task Machines_go_on_over_install_a_killed_daemon_the_next_activation_and_uninstall()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-socket-activate"), "there is no systemd-socket-activate here: package systemd");
        await using var home = new TestHome();
        await RunAsync(home, "launch-all", home.Write("lab.yaml", Lab));
        string machines = Machines(await RunAsync(home, "list", "--json"));
        int first = home.DaemonProcess()!.Value;

        string installed = await RunAsync(home, "service", "install");
        Assert.Null(ProcessIdentity.Of(first));
        Assert.Equal(["written qemulab.socket", "written qemulab.service"], installed.Trim().Split('\n').Select(line => $"{line.Split(' ')[0]} {Path.GetFileName(line)}"));
        Assert.Contains($"ListenStream={home.Path}/daemon.sock\n", File.ReadAllText(Unit(home, "qemulab.socket")), StringComparison.Ordinal);
        Assert.Contains($"Environment=QEMULAB_HOME={home.Path}\n", File.ReadAllText(Unit(home, "qemulab.service")), StringComparison.Ordinal);

        using (JsonDocument status = JsonDocument.Parse(await RunAsync(home, "service", "status", "--json")))
        {
            JsonElement service = Assert.Single(status.RootElement.EnumerateArray(), service => service.GetProperty("scope").GetString() == "user");
            Assert.Equal((home.Path, true), (service.GetProperty("home").GetString(), service.GetProperty("current").GetBoolean()));
        }

        await using (var activated = await ActivateAsync(home))
        {
            Assert.Equal(machines, Machines(await RunAsync(home, "list", "--json")));
            int second = home.DaemonProcess()!.Value;
            await RunAsync(home, "restart", "idle");
            Assert.Empty(HoldersOf(Path.Combine(home.Path, "daemon.sock"), home.Processes("qemu-system")));
            Assert.Equal([second], HoldersOf(Path.Combine(home.Path, "daemon.sock"), [second]));
            machines = Machines(await RunAsync(home, "list", "--json"));
            Kill(second);
        }

        await using (var again = await ActivateAsync(home))
        {
            Assert.Equal(machines, Machines(await RunAsync(home, "list", "--json")));
            Assert.Equal("box\n", await RunAsync(home, "exec", "box", "--", "hostname"));

            await RunAsync(home, "service", "uninstall");
        }

        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Unit(home, ""))!));
        Assert.Equal(machines, Machines(await RunAsync(home, "list", "--json")));
        Assert.Equal(
            """
            --user show --property=Version
            --user daemon-reload
            --user enable --now qemulab.socket qemulab.service
            --user show --property=Version
            --user show --property=Id,ActiveState,SubState,UnitFileState,MainPID qemulab.socket qemulab.service
            --user show --property=Version
            --user disable --now qemulab.socket qemulab.service
            --user daemon-reload

            """,
            File.ReadAllText(Path.Combine(home.Path, "systemctl.log")));
    }

    [Fact(Timeout = 300_000)]
    public async Task After_a_start_of_the_host_the_daemon_starts_what_the_lab_file_says_and_only_then()
    {
        await using var home = new TestHome();
        await RunAsync(home, "launch-all", home.Write("lab.yaml", Lab));
        await RunAsync(home, "down");
        await RunAsync(home, "daemon", "stop");

        await RunAsync(home, "list");
        Assert.DoesNotContain("Autostart", await RunAsync(home, "events"), StringComparison.Ordinal);
        await RunAsync(home, "daemon", "stop");

        File.WriteAllText(Path.Combine(home.Path, "boot-id"), "00000000-0000-0000-0000-000000000000\n");
        await RunAsync(home, "list");

        // Whoever comes first: this one, or the daemon.
        await home.RunAsync("start", "box");
        await RunAsync(home, "wait", "box");

        Assert.Contains("Autostart: the host was started anew; starting box", await RunAsync(home, "events"), StringComparison.Ordinal);
        using JsonDocument list = JsonDocument.Parse(await RunAsync(home, "list", "--json"));
        Assert.Equal(["box Running", "idle Stopped"], list.RootElement.EnumerateArray().Select(machine => $"{machine.GetProperty("name")} {machine.GetProperty("state")}"));
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/random/boot_id"), File.ReadAllText(Path.Combine(home.Path, "boot-id")));
    }

    private static string Unit(TestHome home, string name) => Path.Combine(home.Path, "config", "systemd", "user", name);

    /// <summary>Those of the processes that have the socket open; one that had it in the daemon's stead would hold up clients.</summary>
    private static int[] HoldersOf(string socket, IEnumerable<int> pids)
    {
        HashSet<string> links = [.. File.ReadLines("/proc/net/unix").Where(line => line.EndsWith(' ' + socket, StringComparison.Ordinal)).Select(line => $"socket:[{line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[6]}]")];
        Assert.NotEmpty(links);
        return [.. pids.Where(pid => Directory.GetFiles($"/proc/{pid}/fd").Any(descriptor => new FileInfo(descriptor).LinkTarget is { } target && links.Contains(target)))];
    }

    /// <summary>Who runs, since when: the same before and after.</summary>
    private static string Machines(string json)
    {
        using JsonDocument list = JsonDocument.Parse(json);
        return string.Join('\n', list.RootElement.EnumerateArray().Select(machine => $"{machine.GetProperty("name")} {machine.GetProperty("phase")} {machine.GetProperty("processId")}"));
    }

    /// <summary>The binary with a systemctl of the test's own before everything else.</summary>
    private static async Task<string> RunAsync(TestHome home, params string[] arguments)
    {
        string tools = Path.Combine(home.Path, "tools");
        if (!Directory.Exists(tools))
        {
            File.SetUnixFileMode(home.Write("tools/systemctl", $"#!/bin/sh\necho \"$@\" >> '{home.Path}/systemctl.log'\n"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        Command command = home.Describe(arguments);
        CommandResult result = await new CommandRunner().RunAsync(command with
        {
            Environment = new Dictionary<string, string?>(command.Environment)
            {
                ["PATH"] = $"{tools}:{Environment.GetEnvironmentVariable("PATH")}",
                ["HOME"] = home.Path,
                ["XDG_CONFIG_HOME"] = Path.Combine(home.Path, "config"),
            },
        });
        Assert.True(result.Succeeded, $"qemulab {string.Join(' ', arguments)} ended with {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result.Output;
    }

    private static async Task<Activation> ActivateAsync(TestHome home)
    {
        string socket = Path.Combine(home.Path, "daemon.sock");
        File.Delete(socket);
        var activation = new Activation(home.Describe() with { Program = "systemd-socket-activate", Arguments = ["--setenv=QEMULAB_HOME", "--listen=" + socket, TestHome.Binary, "daemon"] });
        while (!File.Exists(socket))
        {
            await Task.Delay(10);
        }

        return activation;
    }

    private static void Kill(int pid)
    {
        using Process process = Process.GetProcessById(pid);
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Holds the socket and becomes the daemon; ended at the end, where it has not.</summary>
    private sealed class Activation(Command command) : IAsyncDisposable
    {
        private readonly Process process = Start(command);

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        private static Process Start(Command command)
        {
            var start = new ProcessStartInfo(command.Program, command.Arguments) { WorkingDirectory = command.WorkingDirectory };
            start.Environment["QEMULAB_HOME"] = command.Environment["QEMULAB_HOME"];
            start.RedirectStandardError = true;
            Process process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            return process;
        }
    }
}
