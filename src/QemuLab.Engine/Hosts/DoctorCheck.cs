namespace QemuLab.Engine.Hosts;

public enum DoctorResult
{
    Ok,

    /// <summary>It works, and could work better; or only some images or networks are affected.</summary>
    Warning,

    /// <summary>Nothing can be launched like this.</summary>
    Error,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What, in a word or two.</param>
/// <param name="Result">Whether it will do.</param>
/// <param name="Message">What was found.</param>
/// <param name="Fix">The exact command, or what else to do; null where nothing is wrong.</param>
public sealed record DoctorCheck(string Name, DoctorResult Result, string Message, string? Fix = null)
{
    internal static DoctorCheck Ok(string name, string message) => new(name, DoctorResult.Ok, message);

    internal static DoctorCheck Warning(string name, string message, string? fix) => new(name, DoctorResult.Warning, message, fix);

    internal static DoctorCheck Error(string name, string message, string? fix) => new(name, DoctorResult.Error, message, fix);
}
