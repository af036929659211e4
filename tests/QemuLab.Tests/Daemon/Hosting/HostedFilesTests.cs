using System.Xml;
using System.Xml.Linq;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Daemon;

/// <summary>cases/service: what systemd and launchd are given, for each way to install the daemon.</summary>
[Trait("Category", "golden")]
public sealed class HostedFilesTests
{
    private static readonly string Folder = Path.Combine(Golden.Cases, "service");

    public static IEnumerable<TheoryDataRow<string>> Cases => HostedDaemons.ByName.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_units_are_as_reviewed(string name)
    {
        Golden.Matches(Path.Combine(Folder, name, SystemdUnits.Service), SystemdUnits.ServiceText(HostedDaemons.ByName[name]));
        Golden.Matches(Path.Combine(Folder, name, SystemdUnits.Socket), SystemdUnits.SocketText(HostedDaemons.ByName[name]));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_launchd_job_is_as_reviewed_and_reads_as_what_was_meant(string name)
    {
        HostedDaemon daemon = HostedDaemons.ByName[name];
        string text = LaunchdPlist.TextFor(daemon);
        Golden.Matches(Path.Combine(Folder, name, "qemulab.plist"), text);

        var job = (Dictionary<string, object>)Read(text);
        Assert.Equal([daemon.Program.Program, .. daemon.Program.Arguments, "daemon"], (object[])job["ProgramArguments"]);
        Assert.Equal(daemon.Variables.OrderBy(pair => pair.Key), ((Dictionary<string, object>)job["EnvironmentVariables"]).Select(pair => KeyValuePair.Create(pair.Key, (string)pair.Value)).OrderBy(pair => pair.Key));
        Assert.Equal(
            (true, true, false),
            ((bool)job["RunAtLoad"], (bool)job["AbandonProcessGroup"], (bool)((Dictionary<string, object>)job["KeepAlive"])["SuccessfulExit"]));
        Assert.Equal(daemon.IsSystem ? daemon.Account.Name : null, job.GetValueOrDefault("UserName"));
        Assert.Equal("qemulab", job["Label"]);
    }

    [Theory]
    [InlineData("plain", "plain", "plain")]
    [InlineData("a b", "\"a b\"", "\"a b\"")]
    [InlineData("50%", "50%%", "50%%")]
    [InlineData("$x", "$x", "$$x")]
    [InlineData("a\"b\\c'd", "\"a\\\"b\\\\c'd\"", "\"a\\\"b\\\\c'd\"")]
    [InlineData("", "\"\"", "\"\"")]
    [InlineData("grün;", "\"grün;\"", "\"grün;\"")]
    public void Words_are_quoted_by_systemds_rules(string text, string word, string argument) =>
        Assert.Equal((word, argument), (SystemdText.Word(text), SystemdText.Argument(text)));

    [Fact]
    public void What_no_unit_file_can_hold_is_refused()
    {
        Assert.Equal("path-unfit", Assert.Throws<QemuLabException>(() => SystemdText.Line("a\nUser=root")).Code);
        Assert.Equal("path-unfit", Assert.Throws<QemuLabException>(() => SystemdText.Program("/opt/it's/qemulab")).Code);
    }

    [Theory]
    [InlineData("ann:x:1000:1001:Ann,,,:/home/ann:/bin/bash\n", "ann", 1000, 1001, "/home/ann")]
    [InlineData("", null, 0, 0, null)]
    public void A_user_is_read_from_passwd(string line, string? name, int id, int group, string? home) =>
        Assert.Equal(name is null ? null : new HostAccount(name, (uint)id, (uint)group, home!), HostAccount.OfPasswd(line));

    [Fact]
    public void A_user_is_read_from_the_Macs_directory() =>
        Assert.Equal(new HostAccount("ann", 501, 20, "/Users/ann"), HostAccount.OfDirectory("name: ann\npassword: ********\nuid: 501\ngid: 20\ndir: /Users/ann\nshell: /bin/zsh\ngecos: Ann\n\n"));

    /// <summary>A property list as plutil reads it: keys and values in turn.</summary>
    private static object Read(string text)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null };
        using var reader = XmlReader.Create(new StringReader(text), settings);
        XElement root = XDocument.Load(reader).Root!;
        Assert.Equal("plist", root.Name);
        return Value(Assert.Single(root.Elements()));
    }

    private static object Value(XElement element) => element.Name.LocalName switch
    {
        "dict" => element.Elements().Chunk(2).ToDictionary(pair => Key(pair[0]), pair => Value(pair[1])),
        "array" => element.Elements().Select(Value).ToArray(),
        "string" => element.Value,
        "true" => true,
        "false" => false,
        var other => throw new InvalidDataException(other),
    };

    private static string Key(XElement element)
    {
        Assert.Equal("key", element.Name);
        return element.Value;
    }
}
