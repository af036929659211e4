namespace QemuLab.Engine.Machines;

/// <summary>How a machine is asked whether it does what it is there for; asked while others wait for its answer.</summary>
public sealed record HealthCheck
{
    public required HealthQuestion Question { get; init; }

    /// <summary>The time between two checks.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>How long an answer may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Good answers in a row that make it healthy.</summary>
    public required int Rise { get; init; }

    /// <summary>Bad answers in a row that end the waiting.</summary>
    public required int Fall { get; init; }
}

/// <summary>What is asked of a machine.</summary>
public abstract record HealthQuestion
{
    private HealthQuestion()
    {
    }

    /// <summary>Whether its main address accepts a connection.</summary>
    public sealed record Tcp(int Port) : HealthQuestion
    {
        public override string ToString() => $"tcp {Port}";
    }

    /// <summary>Whether a GET is answered with a status.</summary>
    public sealed record Http(int Port, string Path, int Status) : HealthQuestion
    {
        public override string ToString() => $"http {Port}{Path}";
    }

    /// <summary>Whether a line for the login user's shell ends with 0.</summary>
    public sealed record Exec(string Line) : HealthQuestion
    {
        public override string ToString() => $"exec {Line}";
    }
}
