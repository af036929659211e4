using System.Text;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Hosts;

/// <summary>SSH, memory, cores, disk and the home folder.</summary>
internal static class DoctorHostChecks
{
    /// <summary>What ssh puts behind the name of a ControlMaster's socket while it makes it.</summary>
    private const int SshSuffix = 17;

    /// <summary>The longest that people usually choose; a launch checks the real ones.</summary>
    private const string UsualLab = "kubernetes-lab", UsualMachine = "control-plane-0";

    /// <summary>Enough for a dozen machines or so.</summary>
    private const int FewFiles = 512, FewThreads = 512;

    private static readonly ByteSize LowMemory = ByteSize.FromGiB(1), LowDisk = ByteSize.FromGiB(10), NoDisk = ByteSize.FromGiB(1);

    public static IEnumerable<DoctorCheck> Ssh(DoctorFindings findings)
    {
        foreach (string program in (string[])["ssh", "ssh-keygen"])
        {
            yield return findings.Programs.Contains(program)
                ? DoctorCheck.Ok(program, "installed")
                : DoctorCheck.Error(program, $"{program} is not installed", Packages.Fix(findings.Packages, "ssh"));
        }
    }

    public static DoctorCheck Memory(HostFacts facts)
    {
        string message = $"{facts.MemoryAvailable} of {facts.MemoryTotal} free";
        return facts.MemoryAvailable < LowMemory
            ? DoctorCheck.Warning("memory", message, "stop something: a Debian machine needs 512MiB and more")
            : DoctorCheck.Ok("memory", message);
    }

    public static DoctorCheck Cores(HostFacts facts) => facts.Cores < 2
        ? DoctorCheck.Warning("cores", "1: machines start one after another", "give QemuLab more cores (taskset, cgroup, the hypervisor)")
        : DoctorCheck.Ok("cores", $"{facts.Cores}");

    /// <summary>No fault where there are none: rootless networks need nothing.</summary>
    public static DoctorCheck Bridges(HostFacts facts) => DoctorCheck.Ok("bridges", facts.BridgeRefusal switch
    {
        null => facts.HasVhostNet ? "can be made, with vhost-net" : "can be made",
        string refusal => $"not here: {refusal}; {facts.BridgeRemedy ?? "networks of mode user need none"}",
    });

    public static DoctorCheck Disk(HostFacts facts, DoctorFindings findings)
    {
        string message = $"{facts.DiskFree} free for {findings.Home}";
        const string fix = "make room, or put QEMULAB_HOME on another disk";
        return facts.DiskFree < NoDisk ? DoctorCheck.Error("disk", message, fix)
            : facts.DiskFree < LowDisk ? DoctorCheck.Warning("disk", message, fix)
            : DoctorCheck.Ok("disk", message);
    }

    /// <summary>Nothing where the system does not tell.</summary>
    public static IEnumerable<DoctorCheck> Limits(HostFacts facts)
    {
        if (facts.Limits is not { } limits)
        {
            yield break;
        }

        string message = limits.OpenFiles == int.MaxValue ? $"any number of open files, {limits.ThreadsFree} more threads" : $"{limits.OpenFiles} open files, {limits.ThreadsFree} more threads";
        yield return limits.OpenFiles < FewFiles || limits.ThreadsFree < FewThreads
            ? DoctorCheck.Warning("limits", message, "raise them where the daemon is started from: ulimit -n 65536, ulimit -u, TasksMax= of its unit")
            : DoctorCheck.Ok("limits", message);
    }

    public static DoctorCheck Home(DoctorFindings findings) => findings.HomeFault is { } fault
        ? DoctorCheck.Error("home folder", $"{findings.Home} cannot be written to: {fault}", "set QEMULAB_HOME to a folder of yours")
        : DoctorCheck.Ok("home folder", findings.Home);

    /// <summary>A socket's path has 108 bytes on Linux and 104 on macOS, the closing zero among them; ssh wants 17 of them for itself.</summary>
    public static DoctorCheck SocketPaths(HostFacts facts, DoctorFindings findings)
    {
        int room = (facts.Platform == HostPlatform.MacOS ? 104 : 108) - 1 - SshSuffix;
        string longest = new StatePaths(findings.Home).Machine(UsualLab, UsualMachine).SshMaster;
        int length = Encoding.UTF8.GetByteCount(longest);
        return length <= room
            ? DoctorCheck.Ok("socket paths", $"room for {room - length + UsualLab.Length + UsualMachine.Length} letters of lab and machine name")
            : DoctorCheck.Error("socket paths", $"{findings.Home} is too long a path: sockets in it would have {length} bytes, {room} are allowed", "set QEMULAB_HOME to a shorter path, such as ~/.qemulab");
    }
}
