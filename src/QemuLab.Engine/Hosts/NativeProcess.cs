using System.Runtime.InteropServices;

namespace QemuLab.Engine.Hosts;

/// <summary>The system calls on processes that .NET does not offer.</summary>
internal static partial class NativeProcess
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int processId, int signal);

    /// <summary>A session of its own: no terminal, no Ctrl-C, no hang-up. Fails for a process group's leader.</summary>
    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    public static partial int SetSession();

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    public static partial int Duplicate(SafeHandle from, int to);
}
