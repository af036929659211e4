namespace QemuLab.Engine.Hosts;

/// <summary>
/// Places at which the daemon can be made to die, as a crash would have it, to see that its successor finds everything: the one
/// that the environment names in <c>QEMULAB_FAULT_POINT</c> ends the process by SIGKILL when it is come to.
/// </summary>
public static class FaultPoint
{
    /// <summary>The name of the environment variable.</summary>
    public const string Variable = "QEMULAB_FAULT_POINT";

    private static readonly string? Chosen = Environment.GetEnvironmentVariable(Variable);

    /// <summary>Comes to a point; nothing happens unless it is the one.</summary>
    public static void Reach(string name)
    {
        if (Chosen == name)
        {
            NativeProcess.Kill(Environment.ProcessId, NativeProcess.SigKill);
        }
    }
}
