using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.CloudInit;

namespace QemuLab.Tests.Ssh;

public sealed class SshTextTests
{
    private static readonly LabPlan Lab = SeedPlans.Lab(SeedPlans.Spec("control0"), SeedPlans.Spec("worker0"));

    [Fact]
    public void Known_hosts_has_a_line_for_each_machine_under_all_its_names() =>
        Assert.Equal(
            "demo/control0,control0,[127.0.0.1]:2200 ssh-ed25519 AAAA1\ndemo/worker0,worker0,[127.0.0.1]:2201 ssh-ed25519 AAAA2\n",
            KnownHosts.Text([(Lab.Machines[0], "ssh-ed25519 AAAA1"), (Lab.Machines[1], "ssh-ed25519 AAAA2")]));

    [Fact]
    public void The_config_says_everything_in_each_machines_own_block()
    {
        string text = SshConfig.Text(Lab, new StatePaths("/h"));

        Assert.StartsWith(
            """
            # Lab demo, written by qemulab. Use it with: ssh -F THIS-FILE MACHINE

            Host control0 demo/control0
              HostName 127.0.0.1
              Port 2200
              User lab
              IdentityFile "/h/ssh/id_ed25519"
              IdentitiesOnly yes
              PreferredAuthentications publickey
              HostKeyAlias demo/control0
              UserKnownHostsFile "/h/labs/demo/known_hosts"
              GlobalKnownHostsFile /dev/null
              StrictHostKeyChecking yes
              UpdateHostKeys no
              ControlMaster auto
              ControlPersist 10m
              ControlPath "/h/run/demo/control0.ssh"
              ConnectTimeout 30
              ServerAliveInterval 15
              ServerAliveCountMax 4
              LogLevel ERROR

            Host worker0 demo/worker0
            """,
            text,
            StringComparison.Ordinal);
        Assert.DoesNotContain("Host *", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_are_in_quotes_and_free_of_ssh_tokens() =>
        Assert.Contains("IdentityFile \"/my home/100%%/a\\\"b/ssh/id_ed25519\"", SshConfig.Text(Lab, new StatePaths("/my home/100%/a\"b")), StringComparison.Ordinal);

    [Theory]
    [InlineData(new string[0], new[] { "-F", "cfg", "vm" })]
    [InlineData(new[] { "cd /tmp && ls" }, new[] { "-F", "cfg", "vm", "--", "cd /tmp && ls" })]
    [InlineData(new[] { "printf", "%s\\n", "a b" }, new[] { "-F", "cfg", "vm", "--", "printf '%s\\n' 'a b'" })]
    [InlineData(new[] { "echo", "", "it's", "$HOME", "`id`", "a;b" }, new[] { "-F", "cfg", "vm", "--", "echo '' 'it'\\''s' '$HOME' '`id`' 'a;b'" })]
    [InlineData(new[] { "A=b", "x" }, new[] { "-F", "cfg", "vm", "--", "'A=b' x" })]
    public void One_word_is_a_line_for_the_guests_shell_and_several_stay_several(string[] words, string[] arguments) =>
        Assert.Equal(arguments, SshCommand.For("cfg", "vm", words).Arguments);

    [Fact]
    public void A_terminal_is_asked_for_or_declined() =>
        Assert.Equal(("-t", "-T"), (SshCommand.For("c", "vm", [], RemoteTerminal.Yes).Arguments[2], SshCommand.For("c", "vm", [], RemoteTerminal.No).Arguments[2]));
}
