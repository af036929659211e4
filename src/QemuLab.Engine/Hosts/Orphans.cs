using System.Runtime.InteropServices;

namespace QemuLab.Engine.Hosts;

/// <summary>
/// Processes that our tools leave in the background: QEMUs, shared SSH connections, switches. They become our children, so
/// that the kernel tells us how a QEMU ended, and we collect those that nobody else waits for. They outlive us all the same.
/// </summary>
public static class Orphans
{
    /// <summary>.NET collects the programs that it started within milliseconds, and who watches a QEMU does; what stays longer is nobody's.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static PosixSignalRegistration? registration;
    private static int lookIsDue;

    /// <summary>Takes them in from now on; does nothing where the system cannot.</summary>
    public static void Adopt()
    {
        if (OperatingSystem.IsLinux() && registration is null && NativeExit.BecomeSubreaper())
        {
            registration = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => LookSoon());
            LookSoon();
        }
    }

    private static void LookSoon()
    {
        if (Interlocked.Exchange(ref lookIsDue, 1) == 0)
        {
            _ = CollectAsync();
        }
    }

    /// <summary>The kernel names one child at a time, and goes on naming it until it is collected: by its owner, or by us the second time.</summary>
    private static async Task CollectAsync()
    {
        await Task.Delay(Patience);
        for (int seen = 0, child; (child = NativeExit.EndedChild()) != 0; seen = child)
        {
            if (child == seen)
            {
                NativeExit.ReapProcess(child);
            }
            else
            {
                await Task.Delay(Patience);
            }
        }

        Volatile.Write(ref lookIsDue, 0);
        if (NativeExit.EndedChild() != 0)
        {
            LookSoon();
        }
    }
}
