namespace QemuLab.Engine.Stages;

/// <summary>
/// A step on a machine's way, judged by its serial console: what is waited for, for how long, what is done when it comes, and
/// what else may come meanwhile.
/// </summary>
public sealed record Stage
{
    public required string Name { get; init; }

    /// <summary>Null: it is reached at once, and is there for what it does.</summary>
    public StageTrigger? Trigger { get; init; }

    /// <summary>How long it is waited for; a <see cref="StageRule"/> that fires does not give it more time.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The exit code where it is not reached.</summary>
    public required int Code { get; init; }

    /// <summary>What is said where it is not reached; null: only which stage it was.</summary>
    public string? Says { get; init; }

    /// <summary>Done in this order once it has come; only then the stage is reached.</summary>
    public IReadOnlyList<StageAction> Actions { get; init; } = [];

    public IReadOnlyList<StageRule> When { get; init; } = [];
}

/// <summary>What else may come while a stage is waited for, and what follows from it.</summary>
public sealed record StageRule
{
    public required StageTrigger Trigger { get; init; }

    public IReadOnlyList<StageAction> Actions { get; init; } = [];

    /// <summary>The stage that is gone on with; null: the same, which is waited for on.</summary>
    public string? Goto { get; init; }

    /// <summary>So often at most; once more is a failure.</summary>
    public required int Times { get; init; }

    /// <summary>The exit code that all ends with; null: it does not end.</summary>
    public int? Fail { get; init; }

    public string? Says { get; init; }
}

/// <summary>Something that a console shows.</summary>
/// <param name="Patterns">Regular expressions, of which one must match; none: <paramref name="Silence"/> counts.</param>
/// <param name="Silence">The guest has written nothing for so long.</param>
public sealed record StageTrigger(IReadOnlyList<string> Patterns, TimeSpan? Silence)
{
    /// <summary>In the file's words, for people.</summary>
    public override string ToString() => Silence is { } time
        ? $"silence for {StageText.Time(time)}"
        : string.Join(" or ", Patterns.Select(pattern => $"'{pattern}'"));
}

/// <summary>Something that is done for a guest.</summary>
public abstract record StageAction
{
    private StageAction()
    {
    }

    /// <summary>Text that is typed on the serial console; it is shown nowhere.</summary>
    /// <param name="IsSecret">Where the guest echoes it, that is not quoted either.</param>
    public sealed record Send(string Text, bool IsSecret) : StageAction
    {
        /// <summary>As the keyboard of a terminal sends it: firmware and raw terminals know Enter as a carriage return only, and a Linux terminal makes a line end of it.</summary>
        public string Typed => Text.Replace("\r\n", "\r", StringComparison.Ordinal).Replace('\n', '\r');

        /// <summary>Without the text.</summary>
        public override string ToString() => nameof(Send);
    }

    /// <summary>Keys of the machine's own keyboard, one stroke after the other, each of one or more keys by QEMU's names.</summary>
    public sealed record Press(IReadOnlyList<IReadOnlyList<string>> Strokes) : StageAction;

    public sealed record Power(StagePower What) : StageAction;

    /// <summary>The lab's snapshot of that name, taken anew.</summary>
    public sealed record Snapshot(string Name) : StageAction;

    /// <summary>Words of the user's among the lab's events.</summary>
    public sealed record Mark(string Text) : StageAction;
}

/// <summary>What is done to a machine's power.</summary>
public enum StagePower
{
    /// <summary>The reset button.</summary>
    Reset,

    /// <summary>The power button, which the guest may follow.</summary>
    Button,

    /// <summary>The plug is pulled, with what was written on the disks.</summary>
    Off,
}

/// <summary>Who says that a machine is ready.</summary>
public enum ReadyBy
{
    /// <summary>A login by SSH, and cloud-init's end; its stages too, where it has some.</summary>
    Login,

    /// <summary>Its stages alone: its guest needs no SSH server, and none is looked for.</summary>
    Stages,
}
