using System.Runtime.InteropServices;

namespace QemuLab.Engine.Hosts;

/// <summary>Linux' calls on the end of processes: a file that stands for one (pidfd), how it ended, and whose child it becomes.</summary>
internal static unsafe partial class NativeExit
{
    /// <summary>Those of the kernel's own processor-independent table.</summary>
    private const int PidFdOpen = 434;

    private const int ByPid = 1, ByPidFd = 3, OfAny = 0;
    private const int NoHang = 1, Ended = 4, LeaveIt = 0x01000000;
    private const int ChildSubreaper = 36;
    private const nuint PidFdGetInfo = 0xC040FF0B;
    private const ulong ExitInfo = 8;

    /// <summary>A file that is readable once the process has ended, whatever becomes of its pid; -1 where it has gone or the kernel is too old.</summary>
    public static int Open(int processId) => OperatingSystem.IsLinux() ? (int)SystemCall(PidFdOpen, processId, 0) : -1;

    /// <summary>How a child of ours ended, which takes it off the kernel's table; null where it is not our child, or others have.</summary>
    public static ProcessEnd? Reap(int pidFd)
    {
        ChildInfo info = default;
        return WaitId(ByPidFd, pidFd, &info, Ended | NoHang, null) == 0 ? EndOf(info) : null;
    }

    /// <summary>Takes a child that has ended off the kernel's table.</summary>
    public static void ReapProcess(int processId)
    {
        ChildInfo info = default;
        _ = WaitId(ByPid, processId, &info, Ended | NoHang, null);
    }

    /// <summary>A child that has ended and that nobody has taken off the table; 0 where there is none.</summary>
    public static int EndedChild()
    {
        ChildInfo info = default;
        return WaitId(OfAny, 0, &info, Ended | NoHang | LeaveIt, null) == 0 ? info.ProcessId : 0;
    }

    /// <summary>How any process ended, once its parent has taken it off the table; from Linux 6.15 on.</summary>
    /// <returns>False where this kernel does not tell.</returns>
    public static bool TryAsk(int pidFd, out ProcessEnd? end)
    {
        PidFdInfo info = new() { Mask = ExitInfo };
        end = null;
        if (Control(pidFd, PidFdGetInfo, &info) != 0)
        {
            return false;
        }

        if ((info.Mask & ExitInfo) != 0)
        {
            end = (info.WaitStatus & 0x7f) is not 0 and var signal ? new ProcessEnd(null, signal) : new ProcessEnd((info.WaitStatus >> 8) & 0xff);
        }

        return true;
    }

    /// <summary>From now on, descendants whose parent ends become our children and not init's. When we end, init's.</summary>
    public static bool BecomeSubreaper() => ProcessControl(ChildSubreaper, 1, 0, 0, 0) == 0;

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFile(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int file, ulong* value, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int file, ulong* value, nuint length);

    private static ProcessEnd? EndOf(ChildInfo info) => info switch
    {
        { ProcessId: 0 } => null,
        { Code: 1 } => new ProcessEnd(info.Status),
        _ => new ProcessEnd(null, info.Status),
    };

    /// <summary>The part of siginfo_t that waitid(2) fills.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct ChildInfo
    {
        [FieldOffset(8)]
        public int Code;

        [FieldOffset(16)]
        public int ProcessId;

        [FieldOffset(24)]
        public int Status;
    }

    /// <summary>The kernel's struct pidfd_info, as it first was.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct PidFdInfo
    {
        [FieldOffset(0)]
        public ulong Mask;

        [FieldOffset(60)]
        public int WaitStatus;
    }

    // These three are variadic, which Linux' calling conventions do not tell apart from this.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int file, nuint request, PidFdInfo* info);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static partial int WaitId(int kind, int id, ChildInfo* info, int options, void* usage);
}
