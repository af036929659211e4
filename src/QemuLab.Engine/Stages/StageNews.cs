namespace QemuLab.Engine.Stages;

/// <summary>What is told of a machine's stages, among the lab's events.</summary>
/// <param name="Word">One of the words below.</param>
public sealed record StageNews(string Word, string Message)
{
    /// <summary>A stage was reached.</summary>
    public const string Reached = "Reached";

    /// <summary>Something came that is no stage, and was answered.</summary>
    public const string Answered = "Answered";

    /// <summary>It goes on with another stage than the next one.</summary>
    public const string Again = "Again";

    /// <summary>The user's own words.</summary>
    public const string Marked = "Marked";

    /// <summary>Somebody else has the keyboard of the console.</summary>
    public const string Waits = "Waits";

    /// <summary>All were reached.</summary>
    public const string Passed = "Passed";

    /// <summary>One was not, and it is the end.</summary>
    public const string Failed = "Failed";
}
