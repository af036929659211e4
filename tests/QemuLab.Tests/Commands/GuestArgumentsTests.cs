using QemuLab.Commands;

namespace QemuLab.Tests.Commands;

public class GuestArgumentsTests
{
    [Theory]
    [InlineData("exec vm ls -h", "exec vm -- ls -h")]
    [InlineData("exec vm -- ls -h", "exec vm -- ls -h")]
    [InlineData("exec -- vm ls -h", "exec -- vm ls -h")]
    [InlineData("exec a b -- ls -h", "exec a b -- ls -h")]
    [InlineData("exec -l zone=a -- ls -h", "exec -l zone=a -- ls -h")]
    [InlineData("exec --lab k8s vm ls -h", "exec --lab k8s vm -- ls -h")]
    [InlineData("exec vm git log -- file", "exec vm git log -- file")]
    [InlineData("ssh vm git log -- file", "ssh vm -- git log -- file")]
    [InlineData("ssh vm", "ssh vm")]
    [InlineData("shell vm --version", "shell vm -- --version")]
    [InlineData("exec --help", "exec --help")]
    [InlineData("list a b -q", "list a b -q")]
    public void What_is_for_the_guest_is_set_off(string typed, string parsed) =>
        Assert.Equal(parsed.Split(' '), GuestArguments.Separate(typed.Split(' ')));
}
