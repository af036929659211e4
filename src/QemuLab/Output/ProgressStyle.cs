namespace QemuLab.Output;

/// <summary>How progress is shown on standard error.</summary>
internal enum ProgressStyle
{
    /// <summary>Painted over on a terminal, a line for each change anywhere else.</summary>
    Auto,

    /// <summary>A line for each change.</summary>
    Plain,

    /// <summary>Events as JSON, one a line.</summary>
    Json,
}
