namespace QemuLab.Engine.Qemu;

/// <summary>What opening /dev/kvm for reading and writing said.</summary>
public enum KvmAccess
{
    Missing,

    /// <summary>It is there, but not for this user.</summary>
    Denied,

    /// <summary>It opens; whether it can run a guest is another question.</summary>
    Usable,
}
