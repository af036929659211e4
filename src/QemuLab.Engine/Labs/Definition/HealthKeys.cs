namespace QemuLab.Engine.Labs.Definition;

/// <summary>The rows of <c>healthCheck</c>; in a virtual IP's words where it has them.</summary>
internal static class HealthKeys
{
    public static Key<int> Tcp { get; } = new("tcp", Kinds.WholeNumber(1, 65535), Where.HealthCheck, "A port that must accept connections at the machine's main address.");

    public static Key<Section> Http { get; } = new("http", Objects.HttpCheck, Where.HealthCheck, "A page that must be answered.");

    public static Key<string> Exec { get; } = new("exec", Kinds.OneLine, Where.HealthCheck, "A line for the login user's shell, run by SSH, that must end with 0.");

    public static Key<TimeSpan> Interval { get; } = new("interval", Kinds.Duration, Where.HealthCheck, "The time between two checks, at least 1s.") { Default = "2s" };

    public static Key<TimeSpan> Timeout { get; } = new("timeout", Kinds.Duration, Where.HealthCheck, "How long an answer may take, at least 1s.") { Default = "5s" };

    public static Key<int> Rise { get; } = new("rise", Kinds.WholeNumber(1, 100), Where.HealthCheck, "Good answers in a row that make it healthy.") { Default = "1" };

    public static Key<int> Fall { get; } = new("fall", Kinds.WholeNumber(1, 10000), Where.HealthCheck, "Bad answers in a row after which nobody waits any longer.") { Default = "30" };

    public static IReadOnlyList<Key> All { get; } = [Tcp, Http, Exec, Interval, Timeout, Rise, Fall];
}

/// <summary>The rows of a health check's <c>http</c>.</summary>
internal static class HttpCheckKeys
{
    public static Key<int> Port { get; } = new("port", Kinds.WholeNumber(1, 65535), Where.HttpCheck, "The port, at the machine's main address.") { Default = "80" };

    public static Key<string> Path { get; } = new("path", Kinds.HttpPath, Where.HttpCheck, "What to ask for.") { Default = "/" };

    public static Key<int> Status { get; } = new("status", Kinds.WholeNumber(100, 599), Where.HttpCheck, "The status that the answer must have.") { Default = "200" };

    public static IReadOnlyList<Key> All { get; } = [Port, Path, Status];
}
