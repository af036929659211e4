using System.Net;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>The rows of <c>virtualIp</c>.</summary>
internal static class VirtualIpKeys
{
    public static Key<IPAddress> Address { get; } = new(
        "address", Kinds.Address, Where.VirtualIp, "The address that the backends serve together: in the lab's subnet, and no machine's own.")
    { IsRequired = true };

    public static Key<int> Port { get; } = new("port", Kinds.WholeNumber(1, 65535), Where.VirtualIp, "The port, of the virtual IP and of the backends: direct routing changes neither.") { Default = "6443" };

    public static Key<int> HostPort { get; } = new("hostPort", Kinds.WholeNumber(1, 65535), Where.VirtualIp, "A port of 127.0.0.1 on the host that leads to the virtual IP, and so, balanced, to the backends. Left out: none.");

    public static Key<string> Name { get; } = new("name", Kinds.HostName, Where.VirtualIp, "Its name in the lab's domain.") { Default = "vip" };

    public static Key<IReadOnlyList<Located<string>>> Gateway { get; } = new(
        "gateway", Kinds.OneOrMore(Kinds.MachineOrGroup, "[gateway0, gateway1]"), Where.VirtualIp, "What balances: a group, a machine, or a list of them. Several fail over by VRRP, the first is preferred.")
    { IsRequired = true };

    public static Key<IReadOnlyList<Located<string>>> Backends { get; } = new(
        "backends", Kinds.OneOrMore(Kinds.MachineOrGroup, "[control]"), Where.VirtualIp, "What serves: a group, a machine, or a list of them.")
    { IsRequired = true };

    public static Key<string> Scheduler { get; } = new(
        "scheduler", Kinds.Word("rr", "wrr", "lc", "wlc", "sh"), Where.VirtualIp, "How IPVS chooses: rr and wrr in turn, lc and wlc by fewest connections (w: by weight), sh by the client's address.")
    { Default = "wrr" };

    public static Key<IReadOnlyList<Named<int>>> Weights { get; } = new(
        "weights", new MapKind<int>(Kinds.WholeNumber(1, 65535), "machine", Kinds.NameForm(), MachineName.Rule), Where.VirtualIp, "IPVS's weight of single backends, by machine; 1 for the others.");

    public static Key<Section> Check { get; } = new("check", Objects.Check, Where.VirtualIp, "How a gateway asks a backend whether it can serve. Left out: whether it accepts a connection.");

    public static IReadOnlyList<Key> All { get; } = [Address, Port, HostPort, Name, Gateway, Backends, Scheduler, Weights, Check];
}

/// <summary>The rows of a virtual IP's <c>check</c>.</summary>
internal static class CheckKeys
{
    public static Key<string> Type { get; } = new("type", Kinds.Word("tcp", "http", "https"), Where.Check, "What the check speaks.") { Default = "tcp" };

    public static Key<string> Path { get; } = new("path", Kinds.HttpPath, Where.Check, "Of http and https: what to ask for; the answer must have status 200.") { Default = "/" };

    public static Key<string> Body { get; } = new("body", Kinds.OneLine, Where.Check, "Of http and https: a text that the answer must contain.");

    public static Key<string> Ca { get; } = new("ca", Kinds.FreeText, Where.Check, "Of https: the certificates that the backends' must be signed by, as PEM or the name of a file with it. Left out: certificates are not verified.");

    public static Key<TimeSpan> Interval { get; } = new("interval", Kinds.Duration, Where.Check, "The time between two checks, at least 1s.") { Default = "1s" };

    public static Key<TimeSpan> Timeout { get; } = new("timeout", Kinds.Duration, Where.Check, "How long an answer may take, at least 1s.") { Default = "2s" };

    public static Key<int> Rise { get; } = new("rise", Kinds.WholeNumber(1, 100), Where.Check, "Good answers in a row that bring a backend back.") { Default = "1" };

    public static Key<int> Fall { get; } = new("fall", Kinds.WholeNumber(1, 100), Where.Check, "Bad answers in a row that take a backend out; open connections live on.") { Default = "2" };

    public static IReadOnlyList<Key> All { get; } = [Type, Path, Body, Ca, Interval, Timeout, Rise, Fall];
}
