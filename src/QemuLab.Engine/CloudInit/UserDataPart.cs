namespace QemuLab.Engine.CloudInit;

/// <summary>One user-data document as a user wrote it: a <c>#cloud-config</c> mapping or a <c>#!</c> script, after substitution.</summary>
/// <param name="Origin">Where it came from, for messages: <c>control.yaml</c> or <c>lab.yaml:12:5</c>.</param>
/// <param name="Text">The whole text, first line included.</param>
public sealed record UserDataPart(string Origin, string Text);
