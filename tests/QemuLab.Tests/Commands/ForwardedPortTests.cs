using QemuLab.Commands;
using QemuLab.Engine;

namespace QemuLab.Tests.Commands;

public class ForwardedPortTests
{
    [Theory]
    [InlineData("80", "127.0.0.1:80:localhost:80")]
    [InlineData("8080:80", "127.0.0.1:8080:localhost:80")]
    [InlineData("0:80", "127.0.0.1:0:localhost:80")]
    [InlineData("127.0.0.2:8080:80", "127.0.0.2:8080:localhost:80")]
    [InlineData("5432:db.internal:5432", "127.0.0.1:5432:db.internal:5432")]
    [InlineData("127.0.0.2:1:10.0.0.9:2", "127.0.0.2:1:10.0.0.9:2")]
    public void It_is_written_as_docker_and_ssh_have_it(string text, string rule) => Assert.Equal(rule, ForwardedPort.Parse(text).Rule);

    [Theory]
    [InlineData("")]
    [InlineData("http")]
    [InlineData("8080:")]
    [InlineData("8080:0")]
    [InlineData("70000:80")]
    [InlineData("80:70000")]
    [InlineData("1:2:3:4:5")]
    [InlineData("8080:80/udp")]
    [InlineData("-1:80")]
    public void What_is_no_port_is_refused(string text) => Assert.Equal("port-invalid", Assert.Throws<QemuLabException>(() => ForwardedPort.Parse(text)).Code);
}
