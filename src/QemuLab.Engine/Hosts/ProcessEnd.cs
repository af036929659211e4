namespace QemuLab.Engine.Hosts;

/// <summary>How a process ended, in the kernel's words.</summary>
/// <param name="ExitCode">What it left; null where a signal ended it.</param>
/// <param name="Signal">The signal's number; null where it ended by itself.</param>
public sealed record ProcessEnd(int? ExitCode, int? Signal = null)
{
    /// <summary>The kernel killed it because the host, or the control group that it was in, had no memory left.</summary>
    public bool OutOfMemory { get; init; }

    /// <summary>Such as <c>SIGSEGV</c>; null where no signal ended it.</summary>
    public string? SignalName => Signal switch
    {
        null => null,
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => $"signal {Signal}",
    };

    /// <summary>The signal is one that a fault of the program's own raises.</summary>
    public bool IsCrash => Signal is 3 or 4 or 5 or 6 or 7 or 8 or 11 or 31;
}
