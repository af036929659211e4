namespace QemuLab.Engine.Machines;

/// <summary>How far a machine must have come before one that depends on it is started.</summary>
public enum DependencyCondition
{
    /// <summary>Its CPUs run.</summary>
    Started,

    /// <summary>A login works and cloud-init is done.</summary>
    Ready,

    /// <summary>It is ready, and its health check says yes.</summary>
    Healthy,
}

/// <summary>A machine that another one waits for.</summary>
/// <param name="Machine">Its name.</param>
/// <param name="Condition">How far it must have come.</param>
public sealed record Dependency(string Machine, DependencyCondition Condition)
{
    /// <summary>As <c>plan</c> shows it: the name alone, where the condition is the usual one.</summary>
    public override string ToString() => Condition == DependencyCondition.Ready ? Machine : $"{Machine}:{Condition.Word()}";
}

/// <summary>The conditions in the lab file's words.</summary>
public static class DependencyConditions
{
    public static IReadOnlyList<string> Words { get; } = [.. Enum.GetValues<DependencyCondition>().Select(Word)];

    public static string Word(this DependencyCondition condition) => condition.ToString().ToLowerInvariant();
}
