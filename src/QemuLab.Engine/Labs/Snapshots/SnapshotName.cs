using System.Text.RegularExpressions;

namespace QemuLab.Engine.Labs;

/// <summary>What snapshots may be called, and what they are called inside of the disks.</summary>
public static partial class SnapshotName
{
    /// <summary>The one that <c>launch-all --keep-fresh</c> takes, and <c>fresh</c> returns to.</summary>
    public const string Fresh = "fresh";

    /// <summary>What the memory of a suspended machine is called inside of its disks. No snapshot of a person can have it.</summary>
    internal const string SuspensionTag = "qemulab-suspended";

    /// <summary>Marks ours among those that people make with qemu-img.</summary>
    private const string TagPrefix = "qemulab.";

    /// <summary>The name in the disks. It is no number: those mean a place in the list to QEMU.</summary>
    public static string Tag(string name) => TagPrefix + name;

    /// <summary>The name in the disks beside one that is to be replaced; no person's snapshot can have it.</summary>
    internal static string TagBeside(string name, string replaced) => replaced == Tag(name) ? Tag(name) + "~" : Tag(name);

    /// <exception cref="QemuLabException">It is not one.</exception>
    public static void Check(string name)
    {
        if (!Form().IsMatch(name))
        {
            throw new QemuLabException(ErrorKind.Usage, "snapshot-name", $"{Quote.Of(name)} is not a snapshot's name", "use 1 to 63 letters, digits, '-', '_' and '.', a letter or digit first");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\z")]
    internal static partial Regex Form();
}
