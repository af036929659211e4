using System.Globalization;
using System.Runtime.InteropServices;

namespace QemuLab.Engine.Networks;

/// <summary>The user that may open a tap without any rights: the one that QEMU runs as.</summary>
/// <param name="Id">The number.</param>
/// <param name="Name">The login name, which <c>ip</c> shows in its place; empty where there is none.</param>
public readonly partial record struct TapOwner(uint Id, string Name)
{
    /// <summary>This process's own user.</summary>
    public static TapOwner Current => new(EffectiveUser(), Environment.UserName);

    /// <summary>The number of this process's own group.</summary>
    public static uint CurrentGroup => EffectiveGroup();

    internal bool Owns(HostLink tap) => tap.User is not null && (tap.User == Name || tap.User == Id.ToString(CultureInfo.InvariantCulture));

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint EffectiveGroup();
}
