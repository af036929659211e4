namespace QemuLab.Engine.Machines;

/// <summary>What happens to a machine whose guest no longer feeds its watchdog.</summary>
public enum WatchdogAction
{
    /// <summary>It has no watchdog.</summary>
    None,

    /// <summary>It is reset.</summary>
    Reset,

    /// <summary>It ends at once.</summary>
    PowerOff,

    /// <summary>Its CPUs stand still, for a person to look at.</summary>
    Pause,
}
