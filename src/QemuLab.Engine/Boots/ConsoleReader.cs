using System.Text;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Boots;

/// <summary>Reads a console piece by piece, as it is written, and tells of each stage once.</summary>
internal sealed class ConsoleReader
{
    /// <summary>A screen that is drawn by moving the cursor has no line ends.</summary>
    private const int LongestLine = 8 * 1024;

    /// <summary>The screen mode that UEFI sets, before it has written anything.</summary>
    private const string UefiScreen = "\u001b[=3h";

    private readonly StringBuilder pending = new();

    /// <summary>The farthest stage that was seen.</summary>
    public BootStage Reached { get; private set; } = BootStage.Process;

    /// <summary>The stages that this piece tells of, in their order.</summary>
    public IReadOnlyList<BootStage> Read(string piece)
    {
        pending.Append(piece);
        string text = pending.ToString();
        int end = text.Length > LongestLine ? text.Length : text.LastIndexOf('\n') + 1;
        pending.Remove(0, end);
        List<BootStage> stages = [];
        if (Reached < BootStage.Firmware && text.Contains(UefiScreen, StringComparison.Ordinal))
        {
            stages.Add(Reached = BootStage.Firmware);
        }

        Look(text[..end], isWhole: true, stages);
        // The last line may be a prompt that waits: it is looked at now, and again when it has become longer.
        Look(text[end..], isWhole: false, stages);
        return stages;
    }

    private void Look(string text, bool isWhole, List<BootStage> stages)
    {
        foreach (string line in SerialTail.Clean(text))
        {
            if (ConsoleStages.Of(line, Reached, isWhole) is { } stage)
            {
                stages.Add(Reached = stage);
            }
        }
    }
}
