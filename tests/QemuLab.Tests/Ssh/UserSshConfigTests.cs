using QemuLab.Engine.Ssh;

namespace QemuLab.Tests.Ssh;

public class UserSshConfigTests
{
    private const string Own = "Host work\n  User me\n";

    private static readonly string Line = UserSshConfig.Line("/home/me/.local/share/qemulab/labs");

    [Fact]
    public void It_stands_at_the_top_because_below_a_Host_it_would_be_that_hosts_only() =>
        Assert.Equal($"# qemulab: begin\nInclude \"/home/me/.local/share/qemulab/labs/*/ssh_config\"\n# qemulab: end\n{Own}", UserSshConfig.With(Own, Line));

    [Theory]
    [InlineData("")]
    [InlineData(Own)]
    [InlineData("no end of line")]
    public void What_was_there_is_there_again_when_it_is_taken_out(string text) =>
        Assert.Equal(text, UserSshConfig.Without(UserSshConfig.With(text, Line), Line));

    [Fact]
    public void Twice_is_once_and_two_homes_have_a_line_each()
    {
        string other = UserSshConfig.Line("/tmp/other/labs");
        string both = UserSshConfig.With(UserSshConfig.With(UserSshConfig.With(Own, Line), Line), other);

        Assert.Equal($"# qemulab: begin\n{Line}\n{other}\n# qemulab: end\n{Own}", both);
        Assert.Equal(UserSshConfig.With(Own, other), UserSshConfig.Without(both, Line));
    }

    [Fact]
    public void A_block_that_the_user_has_moved_stays_where_it_is()
    {
        string moved = $"{Own}# qemulab: begin\n{Line}\n# qemulab: end\nHost more\n";

        Assert.Equal(moved, UserSshConfig.With(moved, Line));
        Assert.Equal($"{Own}Host more\n", UserSshConfig.Without(moved, Line));
    }

    [Fact]
    public void A_block_that_was_broken_takes_nothing_along()
    {
        string broken = $"# qemulab: begin\n{Own}";

        Assert.Equal(broken, UserSshConfig.Without(broken, Line));
    }
}
