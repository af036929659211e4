namespace QemuLab.Engine.Machines;

/// <summary>Every file of a machine, named once.</summary>
/// <param name="Path">The machine's own folder, absolute: labs/LAB/machines/NAME in QemuLab's home.</param>
/// <param name="RunPath">The lab's folder for sockets and pid files, absolute and short: run/LAB in QemuLab's home.</param>
/// <param name="Name">The machine's name.</param>
public sealed record MachineDirectory(string Path, string RunPath, string Name)
{
    public string RootDisk => In("root.qcow2");

    public string ExtraDisk(string disk) => In($"disk-{disk}.qcow2");

    public string Vars => In("vars.qcow2");

    public string Seed => In("seed.iso");

    /// <summary>What the guest has written on its serial console; the part before, where it was cut, is in the same file with <c>.1</c> at its end.</summary>
    public string SerialLog => In("serial.log");

    /// <summary>What QEMU itself says, from its start on; of the start before, in the same file with <c>.1</c> at its end.</summary>
    public string QemuLog => In("qemu.log");

    /// <summary>When its last boots came how far, one line each.</summary>
    public string Boots => In("boots.jsonl");

    /// <summary>How far it has come in its stages since the last start of QEMU.</summary>
    public string Stages => In("stages.json");

    /// <summary>The private SSH host key that the seed carries; .pub beside it.</summary>
    public string HostKey => In("ssh_host_ed25519_key");

    /// <summary>The QMP socket that belongs to the daemon.</summary>
    public string Qmp => InRun(".qmp");

    /// <summary>The second QMP socket, for people.</summary>
    public string Monitor => InRun(".mon");

    /// <summary>The serial console, for one person at a time; what passes is in <see cref="SerialLog"/> whether anyone listens or not.</summary>
    public string Console => InRun(".con");

    /// <summary>The guest agent's port, for one connection at a time.</summary>
    public string Agent => InRun(".ga");

    public string PidFile => InRun(".pid");

    /// <summary>The ControlMaster socket of ssh.</summary>
    public string SshMaster => InRun(".ssh");

    /// <summary>Says that the guest of this QEMU has become ready.</summary>
    public string ReadyMark => InRun(".up");

    /// <summary>The longest of the sockets, for checking that it fits <c>sun_path</c> before anything starts.</summary>
    public string LongestSocket => SshMaster;

    private string In(string file) => System.IO.Path.Combine(Path, file);

    private string InRun(string suffix) => System.IO.Path.Combine(RunPath, Name + suffix);
}
