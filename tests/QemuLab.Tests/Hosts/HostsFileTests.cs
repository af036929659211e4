using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Hosts;

public sealed class HostsFileTests
{
    private static readonly string[] Lines = ["10.77.0.10 a.k8s.lab a", "10.77.0.11 b.k8s.lab b"];

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1 localhost\n")]
    [InlineData("127.0.0.1 localhost")]
    [InlineData("127.0.0.1 localhost\r\n::1 localhost\r\n")]
    [InlineData("127.0.0.1 localhost\r\n::1 localhost")]
    [InlineData("\n")]
    [InlineData("127.0.0.1 localhost\n\n\n")]
    [InlineData("127.0.0.1 localhost # qemulab lab k8s: begin\n")]
    public void What_a_lab_puts_in_goes_without_a_trace(string text)
    {
        string with = HostsFile.With(text, "k8s", Lines);

        Assert.StartsWith(text, with, StringComparison.Ordinal);
        Assert.EndsWith(": begin" + (text.Length == 0 || text.EndsWith('\n') ? "" : " (the line above had no end)") + "\n10.77.0.10 a.k8s.lab a\n10.77.0.11 b.k8s.lab b\n# qemulab lab k8s: end\n", with, StringComparison.Ordinal);
        Assert.Equal(text, HostsFile.Without(with, "k8s"));
        Assert.Equal(text, HostsFile.Without(text, "k8s"));
        Assert.Equal(with, HostsFile.With(with, "k8s", Lines));
    }

    [Theory]
    [InlineData("127.0.0.1 localhost\n")]
    [InlineData("127.0.0.1 localhost")]
    public void Two_labs_go_in_any_order(string text)
    {
        string both = HostsFile.With(HostsFile.With(text, "k8s", Lines), "8s", ["10.78.0.10 c"]);

        Assert.Equal(HostsFile.With(text, "k8s", Lines), HostsFile.Without(both, "8s"));
        Assert.Equal(HostsFile.With(text, "8s", ["10.78.0.10 c"]), HostsFile.Without(both, "k8s"));
        Assert.Equal(text, HostsFile.Without(HostsFile.Without(both, "8s"), "k8s"));
        Assert.Equal(text, HostsFile.Without(HostsFile.Without(both, "k8s"), "8s"));
    }

    [Fact]
    public void A_newer_block_takes_the_place_of_the_older()
    {
        string first = HostsFile.With("127.0.0.1 localhost\n", "k8s", Lines) + "10.0.0.1 mine\n";

        string second = HostsFile.With(first, "k8s", ["10.77.0.12 c"]);

        Assert.Equal("127.0.0.1 localhost\n10.0.0.1 mine\n# qemulab lab k8s: begin\n10.77.0.12 c\n# qemulab lab k8s: end\n", second);
    }

    [Fact]
    public void A_line_that_somebody_appended_stays_a_line()
    {
        string text = HostsFile.With("127.0.0.1 localhost", "k8s", Lines) + "10.0.0.1 mine\n";

        Assert.Equal("127.0.0.1 localhost\n10.0.0.1 mine\n", HostsFile.Without(text, "k8s"));
    }

    [Fact]
    public void A_fence_that_somebody_broke_takes_nothing_else_along()
    {
        const string broken = "# qemulab lab k8s: begin\n10.77.0.10 a\n10.0.0.1 mine\n";

        Assert.Equal(broken, HostsFile.Without(broken, "k8s"));
        Assert.Equal(broken, HostsFile.Without(HostsFile.With(broken, "k8s", Lines), "k8s"));
    }
}
