using System.Globalization;
using System.Runtime.InteropServices;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Hosts;

/// <summary>/dev/kvm as it is now.</summary>
/// <param name="Access">Whether this user can open it: also changes when the user joins a group, which the node does not show.</param>
/// <param name="Identity">Inode, time of the last change and mode; a new module, node or permission gives another text.</param>
internal sealed record KvmDevice(KvmAccess Access, string Identity)
{
    public const string DefaultPath = "/dev/kvm";

    public static KvmDevice Look(string path = DefaultPath)
    {
        int handle = NativeFile.Open(path, NativeFile.ReadWrite);
        KvmAccess access = handle >= 0 ? KvmAccess.Usable
            : Marshal.GetLastPInvokeError() is NativeFile.NoEntry or NativeFile.NoDevice ? KvmAccess.Missing
            : KvmAccess.Denied;
        if (handle >= 0)
        {
            _ = NativeFile.Close(handle);
        }

        return new KvmDevice(access, IdentityOf(path));
    }

    /// <summary>By statx, whose structure is the same on every architecture; .NET shows neither inode nor change time.</summary>
    private static string IdentityOf(string path)
    {
        const int mode = 28, inode = 32, changed = 96, nanoseconds = 104;
        Span<byte> status = stackalloc byte[256];
        if (NativeFile.Status(NativeFile.CurrentFolder, path, 0, NativeFile.BasicStatus, status) != 0)
        {
            return "none";
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Read<ulong>(status[inode..])}/{Read<long>(status[changed..])}.{Read<uint>(status[nanoseconds..])}/{Convert.ToString(Read<ushort>(status[mode..]), 8)}");
    }

    private static T Read<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged => MemoryMarshal.Read<T>(bytes);
}
