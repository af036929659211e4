using System.Xml.Linq;

namespace QemuLab.Daemon;

/// <summary>
/// The text of our launchd job. AbandonProcessGroup: an end of the daemon leaves machines alone. ProcessType=Interactive:
/// launchd would slow down a background job, and QEMU inherits that. See launchd.plist(5).
/// </summary>
internal static class LaunchdPlist
{
    public const string Label = "qemulab";

    public const string Marker = "Written by: qemulab service install. Taken away by: qemulab service uninstall.";

    public static string TextFor(HostedDaemon daemon)
    {
        XElement dictionary = new(
            "dict",
            Entry("Label", Label),
            Entry("ProgramArguments", new XElement("array", daemon.Arguments.Prepend(daemon.Program.Program).Select(Text))),
            daemon.IsSystem ? Entry("UserName", daemon.Account.Name) : [],
            Entry("EnvironmentVariables", new XElement("dict", daemon.Variables.SelectMany(variable => Entry(variable.Key, variable.Value)))),
            Entry("RunAtLoad", new XElement("true")),
            Entry("KeepAlive", new XElement("dict", Entry("SuccessfulExit", new XElement("false")))),
            Entry("AbandonProcessGroup", new XElement("true")),
            Entry("ProcessType", "Interactive"));
        string body = new XElement("plist", new XAttribute("version", "1.0"), dictionary).ToString().ReplaceLineEndings("\n");
        return $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <!-- {Marker} -->
            {body}

            """;
    }

    private static object[] Entry(string key, string value) => Entry(key, Text(value));

    private static object[] Entry(string key, XElement value) => [new XElement("key", key), value];

    private static XElement Text(string value) => new("string", value);
}
