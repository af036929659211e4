namespace QemuLab.Engine.Machines;

/// <summary>What can be done with a snapshot that is inside of a machine's disks.</summary>
public enum SnapshotAction
{
    /// <summary>Write one; there is none of that name.</summary>
    Save,

    /// <summary>The same with its memory compressed: a third of the room, ten times as long.</summary>
    SaveCompressed,

    /// <summary>Write one of the disks only, all at one instant; there is none of that name.</summary>
    SaveDisks,

    /// <summary>Put the machine back to it.</summary>
    Load,

    /// <summary>The same where its memory is compressed.</summary>
    LoadCompressed,

    /// <summary>Remove it; nothing happens where there is none.</summary>
    Delete,
}
