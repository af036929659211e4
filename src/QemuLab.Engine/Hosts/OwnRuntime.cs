namespace QemuLab.Engine.Hosts;

/// <summary>
/// How the .NET runtime is set for the daemon, and for what of our own it starts. Programs of others that it starts, such as
/// hooks, get none of it: they may be written for .NET too.
/// </summary>
public static class OwnRuntime
{
    /// <summary>
    /// The runtime sizes its youngest generation by the processor's cache, and a daemon that is mostly idle needs no such heap. It
    /// listens for debuggers in /tmp, where a daemon that is killed would leave three files. And it maps each page that it makes
    /// code in twice, which takes a twentieth of the time of a whole lab's start; nothing here runs what others have written.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> Variables = new Dictionary<string, string>
    {
        ["DOTNET_GCgen0size"] = "0x400000",
        ["DOTNET_EnableDiagnostics"] = "0",
        ["DOTNET_EnableWriteXorExecute"] = "0",
    };
}
