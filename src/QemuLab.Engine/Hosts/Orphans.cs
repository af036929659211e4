using System.Globalization;
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

    private static async Task CollectAsync()
    {
        await Task.Delay(Patience);
        for (HashSet<int> seen = []; EndedChildren() is { Count: > 0 } ended; seen = ended)
        {
            foreach (int child in ended.Intersect(seen))
            {
                NativeExit.ReapProcess(child);
            }

            await Task.Delay(Patience);
        }

        Volatile.Write(ref lookIsDue, 0);
        if (NativeExit.EndedChild() != 0)
        {
            LookSoon();
        }
    }

    /// <summary>All of them where the kernel lists children, else the one that it names.</summary>
    private static HashSet<int> EndedChildren()
    {
        int one = NativeExit.EndedChild();
        if (one == 0)
        {
            return [];
        }

        try
        {
            return [.. Directory.EnumerateDirectories("/proc/self/task")
                .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(child => int.Parse(child, CultureInfo.InvariantCulture))
                .Where(child => ProcessIdentity.Of(child) is null)];
        }
        catch (Exception unlisted) when (unlisted is IOException or UnauthorizedAccessException)
        {
            return [one];
        }
    }
}
