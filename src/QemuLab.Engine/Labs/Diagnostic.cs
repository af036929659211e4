namespace QemuLab.Engine.Labs;

/// <summary>Whether a diagnostic stops a launch.</summary>
public enum Severity
{
    Warning,
    Error,
}

/// <summary>One thing that is wrong with a lab file, and where.</summary>
/// <param name="File">As the user named it.</param>
/// <param name="Line">1-based; 0 where no line can be named (a missing file, a setting given by --set).</param>
/// <param name="Column">1-based, in characters.</param>
/// <param name="Message">What is wrong and, where known, what to write instead; no full stop.</param>
/// <param name="Severity">Errors stop; warnings are shown.</param>
public sealed record Diagnostic(string File, int Line, int Column, string Message, Severity Severity = Severity.Error)
{
    /// <summary><c>file:line:col: message</c>, the form that editors jump to.</summary>
    public override string ToString()
    {
        string place = Line > 0 ? $"{File}:{Line}:{Column}" : File;
        return Severity == Severity.Warning ? $"{place}: warning: {Message}" : $"{place}: {Message}";
    }
}

/// <summary>The lab file is wrong; nothing has been touched.</summary>
public sealed class LabFileException(IReadOnlyList<Diagnostic> diagnostics)
    : QemuLabException(ErrorKind.Usage, "lab-file-invalid", string.Join('\n', diagnostics))
{
    public IReadOnlyList<Diagnostic> Diagnostics { get; } = diagnostics;
}
