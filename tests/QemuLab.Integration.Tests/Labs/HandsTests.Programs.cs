using QemuLab.Engine.Hosts;

namespace QemuLab.Integration.Tests.Labs;

/// <summary>Programs that know nothing of QemuLab, over the ssh configuration that it installs: ssh, scp, rsync, git, Ansible; and jq on all that it prints.</summary>
public sealed partial class HandsTests
{
    private const string Playbook = """
        - hosts: worker
          gather_facts: false
          tasks:
            - raw: "hostname > played"
            - raw: "cat played"
              register: played
            - assert: { that: "played.stdout | trim == inventory_hostname" }
        """;

    /// <summary>Every verb that has --json, and ends by itself.</summary>
    private static readonly string[] JsonVerbs =
    [
        "list", "list --deleted", "info worker", "why --all", "history worker0", "events", "top --once --interval 200ms", "plan lab.yaml", "diff lab.yaml", "launch-all --dry-run lab.yaml", "network list",
        "network show hands", "network check", "snapshot list", "image list", "template list", "vip show", "doctor", "env", "version", "explain QL0001", "explain --list", "wait worker0", "set worker0 memory=128MiB",
    ];

    /// <summary>Those that have nothing else to print.</summary>
    private static readonly string[] OnlyJsonVerbs = ["inventory --list", "inventory --host worker0", "exec worker --json -- true", "qmp worker0 query-status"];

    private static async Task ProgramsAsync(TestHome home, string config)
    {
        // ssh takes a user's home from the password file, and not from HOME.
        Assert.Equal("worker1\n", (await RunAsync(new Command("ssh", "-F", config, "worker1", "hostname"))).Output);
        Assert.True((await RunAsync(new Command("scp", "-q", "-F", config, Path.Combine(home.Path, "tree", "sub", "file"), "worker1:plain"))).Succeeded);

        // The image has neither: it gets this host's, which are of the same distribution.
        await BringAsync(home, "worker1", "rsync", "git", "git-upload-pack");
        await SucceedsAsync(home, $"rsync -a -e 'ssh -F {config}' tree/ worker1:synced/ && rsync -a -e 'ssh -F {config}' worker1:synced/sub/ back/ && cmp tree/sub/file back/file");
        await SucceedsAsync(home, "git init -q --bare repo.git && git init -q work && cd work && git -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m 'a commit' && git push -q ../repo.git HEAD:refs/heads/main");
        await home.OutputAsync("cp", "-r", "repo.git", "worker1:");
        Assert.Equal("a commit\n", await SucceedsAsync(home, $"GIT_SSH_COMMAND='ssh -F {config}' git clone -q -b main worker1:repo.git cloned && git -C cloned log --format=%s"));
        await AnsibleAsync(home);
    }

    /// <summary>As a file and as a script. The image has no Python, which all modules but raw need.</summary>
    private static async Task AnsibleAsync(TestHome home)
    {
        home.Write("inventory.yaml", await home.OutputAsync("inventory"));
        File.SetUnixFileMode(home.Write("inventory.sh", $"#!/bin/sh\nexec '{TestHome.Binary}' inventory hands \"$@\"\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        home.Write("playbook.yaml", Playbook);

        string raw = await SucceedsAsync(home, "ansible -i inventory.yaml all -m raw -a hostname");
        Assert.Contains("worker0 | CHANGED", raw, StringComparison.Ordinal);
        Assert.Contains("worker1 | CHANGED", raw, StringComparison.Ordinal);
        string played = await SucceedsAsync(home, "ansible-playbook -i inventory.sh playbook.yaml");
        Assert.Matches("worker0 +: ok=3 ", played);
        Assert.Matches("worker1 +: ok=3 ", played);
    }

    private static async Task JsonAsync(TestHome home)
    {
        foreach (string line in (string[])[.. JsonVerbs.Select(verb => verb + " --json"), .. OnlyJsonVerbs])
        {
            await SucceedsAsync(home, $"'{TestHome.Binary}' {line} | jq --exit-status --slurp 'length > 0' >/dev/null");
        }
    }

    private static Task<CommandResult> BringAsync(TestHome home, string machine, params string[] programs) => ShellAsync(
        home,
        $"cd / && for program in {string.Join(' ', programs)}; do echo usr/bin/$program; ldd /usr/bin/$program | sed -n 's|.*=> /\\(.*\\) (.*|\\1|p'; done | sort -u | tar -ch -T - | '{TestHome.Binary}' exec {machine} -- tar -x -C /");

    private static async Task<string> SucceedsAsync(TestHome home, string line)
    {
        CommandResult result = await RunAsync(new Command("bash", "-o", "pipefail", "-c", line)
        {
            WorkingDirectory = home.Path,
            Environment = new Dictionary<string, string?>(home.Describe().Environment) { ["HOME"] = home.Path, ["LC_ALL"] = "C.UTF-8", ["ANSIBLE_NOCOLOR"] = "1" },
        });
        Assert.True(result.Succeeded, $"{line}\nended with {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result.Output;
    }
}
